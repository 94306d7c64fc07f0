/** What the users of a deployment do, from which everything else follows. */
export type Workload = {
  users: number;
  messagesPerUserDay: number;
  /** Members of the conversation that a message goes to, its sender included. */
  groupSize: number;
  /** Part of the users who have a socket open, on average over the day: 0 to 1. */
  online: number;
  /** Bytes of a message's text. */
  contentBytes: number;
  /** How many times the average the busiest second is. */
  peak: number;
  /** Read markers that a receiver who is online sends for each message: people read several at once. */
  readMarkersPerMessage: number;
  /** How often a user opens the app in a day, and so a socket. */
  opensPerUserDay: number;
  /** HTTP reads at each of these: the user, the inbox, a conversation and its newest messages. */
  readsPerOpen: number;
  /** `on-demand` or that many shards. */
  shards: 'on-demand' | number;
};

export const usual = {
  contentBytes: 200,
  peak: 5,
  readMarkersPerMessage: 0.3,
  opensPerUserDay: 5,
  readsPerOpen: 4,
  shards: 'on-demand',
} as const satisfies Partial<Workload>;

export const daysPerMonth = 30;
export const hoursPerMonth = 730;
const secondsPerDay = 24 * 60 * 60;

export function messagesPerDay({ users, messagesPerUserDay }: Workload): number {
  return users * messagesPerUserDay;
}

export function messagesPerPeakSecond(workload: Workload): number {
  return (messagesPerDay(workload) / secondsPerDay) * workload.peak;
}

/** Each time the app is opened; and every two hours, after which API Gateway ends a socket. */
export function handshakesPerDay(workload: Workload): number {
  return workload.users * workload.opensPerUserDay + (connections(workload) * 24) / 2;
}

export function readsPerDay({ users, opensPerUserDay, readsPerOpen }: Workload): number {
  return users * opensPerUserDay * readsPerOpen;
}

export function connections({ users, online }: Workload): number {
  return users * online;
}
