/**
 * What the web client's answers carry, from CloudFront and from the embedded runtime alike, so that a page which works
 * here is not refused there.
 */

/**
 * Nothing but the page's own scripts, styles, pictures and calls; `'self'` of `connect-src` holds for WebSockets of the same host too
 * (https://www.w3.org/TR/CSP3/#match-url-to-source-expression). Nobody may frame the page, and no script may turn text into markup.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** What the page never asks a browser for. */
export const permissionsPolicy = 'camera=(), geolocation=(), microphone=(), payment=(), usb=()';

export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': permissionsPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** A file that is named by its content never changes; the page that names those files may, with the next deployment. */
export const cacheControl = {
  named: 'public, max-age=31536000, immutable',
  page: 'no-cache',
} as const;
