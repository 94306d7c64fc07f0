import { ParleyError, type ParleyErrorCode } from '@parley/client';

const reasons: Partial<Record<ParleyErrorCode, string>> = {
  UNAUTHENTICATED: 'you are signed out. Sign in again.',
  FORBIDDEN: 'you are not allowed to.',
  NOT_FOUND: 'it is not there, or not any more.',
  PAYLOAD_TOO_LARGE: 'it is too long.',
  RATE_LIMITED: 'that was a little fast. Wait a moment and try again.',
  INTERNAL: 'something went wrong on the server. Try again.',
  UNAVAILABLE: 'Parley cannot be reached right now. Try again in a moment.',
  CLOSED: 'you are signed out.',
};

export const sessionEnded = 'Your session has ended. Sign in again.';

/** "Could not rename the group: you are not allowed to." */
export function failureInWords(attempt: string, error: unknown): string {
  return `Could not ${attempt}: ${reasonInWords(error)}`;
}

export function reasonInWords(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : reasons[code];
  if (words !== undefined) return words;
  // BAD_REQUEST and CONFLICT say what exactly is wrong, in a sentence made for people who write clients.
  if (error instanceof ParleyError) return sentence(error.message);
  return 'something unexpected happened. Try again.';
}

export function codeOf(error: unknown): ParleyErrorCode | undefined {
  return error instanceof ParleyError ? error.code : undefined;
}

function sentence(text: string): string {
  const start = /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
