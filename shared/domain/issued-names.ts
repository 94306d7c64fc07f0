/** What a user is called whom an OIDC issuer vouches for (openid.net/specs/openid-connect-core-1_0.html, section 5.1). */
import * as v from 'valibot';
import { DisplayName, Username } from '../protocol/values.ts';

type Names = {
  preferred_username?: string | undefined;
  email?: string | undefined;
  name?: string | undefined;
};

const longest = 32;
/** Read of a name at most: enough for any that makes a username, and soon normalized. */
const unitsRead = 8 * longest;

/**
 * Usernames to try, in this order. The issuer promises neither that its names are unique nor that they are legal here, so
 * one that is taken is followed by the same with a part of the id, which nobody else has.
 */
export function usernamesFor(userId: string, { preferred_username, email }: Names): string[] {
  const id = userId.toLowerCase().replace(/[^a-z0-9]/g, '');
  const wished = legal(preferred_username) ?? legal(email?.split('@')[0]);
  const drawn = `user-${id.slice(-24)}`;
  if (wished === undefined) return [drawn];
  return [wished, `${wished.slice(0, longest - 7)}-${id.slice(-6)}`, drawn];
}

/** `undefined` where there is no name that may be shown. */
export function shownNameOf({ name }: Names): string | undefined {
  const shown = v.safeParse(DisplayName, name);
  return shown.success ? shown.output : undefined;
}

/** Accents are dropped, and what else is not allowed becomes a hyphen. */
function legal(name: string | undefined): string | undefined {
  const letters = name
    ?.slice(0, unitsRead)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, longest);
  const username = v.safeParse(Username, letters);
  return username.success ? username.output : undefined;
}
