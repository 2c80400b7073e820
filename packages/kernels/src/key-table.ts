/**
 * Public keys that a kernel keeps decoded, in places of its memory: which key has which place. Beyond the places
 * that there are, the key that was used least recently makes room.
 */
import { assert, type Hex, hexToBytes, LruMap } from "@parahost/base";

const KEY_BYTES = 32;

export interface KeyPlaces {
  readonly count: number;
  /** Writes a key's bytes to a place. */
  write(place: number, key: Uint8Array): void;
  /** Decodes two places, which may be the same. Bits 0 and 1: whether they have keys. */
  decode(first: number, second: number): number;
}

export class KeyTable {
  readonly #places: KeyPlaces;
  readonly #used: LruMap<Hex, number>;
  readonly #free: number[];

  constructor(places: KeyPlaces) {
    this.#places = places;
    this.#used = new LruMap(places.count);
    this.#free = Array.from({ length: places.count }, (_, i) => places.count - 1 - i);
  }

  /** The place of a key, or `undefined` for what is no encoding or that of the identity. */
  placeOf(publicKey: Hex): number | undefined {
    const known = this.#used.get(publicKey);
    if (known !== undefined || !isKeyLong(publicKey)) return known;
    this.#decode(publicKey, publicKey);
    return this.#used.get(publicKey);
  }

  /** Decodes those that are not in the table, two at a time. */
  prepare(publicKeys: Iterable<Hex>): void {
    let waiting: Hex | undefined;
    for (const publicKey of publicKeys) {
      if (publicKey === waiting || this.#used.has(publicKey)) continue;
      if (!isKeyLong(publicKey)) continue;
      if (waiting === undefined) waiting = publicKey;
      else {
        this.#decode(waiting, publicKey);
        waiting = undefined;
      }
    }
    if (waiting !== undefined) this.#decode(waiting, waiting);
  }

  /** Keeps those of two keys, which may be the same, that are good. */
  #decode(first: Hex, second: Hex): void {
    const firstPlace = this.#write(first);
    const secondPlace = first === second ? firstPlace : this.#write(second);
    const valid = this.#places.decode(firstPlace, secondPlace);
    this.#keep(first, firstPlace, (valid & 1) === 1);
    if (first !== second) this.#keep(second, secondPlace, (valid & 2) === 2);
  }

  #write(publicKey: Hex): number {
    const place = this.#free.pop() ?? this.#forgetOldest();
    this.#places.write(place, hexToBytes(publicKey));
    return place;
  }

  #keep(publicKey: Hex, place: number, isGood: boolean): void {
    if (isGood) this.#used.set(publicKey, place);
    else this.#free.push(place);
  }

  #forgetOldest(): number {
    const oldest = this.#used.keys().next();
    assert(oldest.done !== true, "places are either free or taken");
    const place = this.#used.get(oldest.value) as number;
    this.#used.delete(oldest.value);
    return place;
  }
}

const isKeyLong = (publicKey: Hex): boolean => publicKey.length === 2 + 2 * KEY_BYTES;
