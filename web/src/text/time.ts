/** Times as people say them, in the reader's own language and zone. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const clockTime = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const longWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dateOnly = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const longDate = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** Midnight of the local day, so that two times of one day are equal. */
export function dayOf(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** Days between two local days; a day with a change of clocks has 23 or 25 hours. */
function daysBetween(earlier: number, later: number): number {
  return Math.round((dayOf(later) - dayOf(earlier)) / DAY);
}

/** For the inbox: `now`, `5 min`, `14:05`, `Tue`, `3 Mar`, `3 Mar 2024`. */
export function briefTime(time: number, now: number): string {
  const minutes = Math.floor((now - time) / MINUTE);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  const days = daysBetween(time, now);
  if (days === 0) return clockTime.format(time);
  if (days < 7) return weekday.format(time);
  return dateInWords(time, now);
}

function dateInWords(time: number, now: number): string {
  return new Date(time).getFullYear() === new Date(now).getFullYear()
    ? dayOfYear.format(time)
    : dateOnly.format(time);
}

/** In a sentence: `just now`, `5 min ago`, `at 14:05`, `yesterday at 14:05`, `on 3 Mar`. */
export function pastTime(time: number, now: number): string {
  const minutes = Math.floor((now - time) / MINUTE);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const days = daysBetween(time, now);
  if (days === 0) return `at ${clockTime.format(time)}`;
  if (days === 1) return `yesterday at ${clockTime.format(time)}`;
  return `on ${dateInWords(time, now)}`;
}

/** For people. */
export function lastSeen(time: number, now: number): string {
  return `last seen ${pastTime(time, now)}`;
}

/** For day separators: `Today`, `Yesterday`, `Tuesday`, `Tuesday, 3 March 2026`. */
export function dayName(time: number, now: number): string {
  const days = daysBetween(time, now);
  if (days === 0 || days === 1) {
    const word = relative.format(-days, 'day');
    return word.charAt(0).toUpperCase() + word.slice(1);
  }
  return days > 1 && days < 7 ? longWeekday.format(time) : longDate.format(time);
}

export function timeOfDay(time: number): string {
  return clockTime.format(time);
}

export function fullTime(time: number): string {
  return full.format(time);
}
