/** For `node --import`: authors' tests find our rooms by name. */
import { resolveOurRooms } from "./resolve-rooms.ts";

resolveOurRooms();
