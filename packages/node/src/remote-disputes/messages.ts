/** Remote disputes are looked after at leaves alone; nobody sends anything. Guide: remote disputes. */
export type RemoteDisputesMessage = never;
