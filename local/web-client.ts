import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { cacheControl, securityHeaders } from '../shared/web/security-headers.ts';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type File = { type: string; cacheControl: string; plain: Buffer; gzipped: Buffer };

export type DemoUsers = { usernames: readonly string[]; password: string };

/** The built web client, served from memory as CloudFront serves it from its bucket. */
export class WebClient {
  readonly #files = new Map<string, File>();

  /** @param directory what `npm run build:web` makes */
  constructor(directory: string) {
    for (const item of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!item.isFile()) continue;
      const path = join(item.parentPath, item.name);
      const type = contentTypes[extname(path)];
      if (type === undefined) throw new Error(`No content type is known for ${path}`);
      this.#put(`/${relative(directory, path).replaceAll(sep, '/')}`, type, readFileSync(path));
    }
    if (!this.#files.has('/index.html')) throw new Error(`There is no index.html in ${directory}`);
  }

  /** Lets the sign-in view offer them. */
  offer(users: DemoUsers): void {
    const page = this.#files.get('/index.html')?.plain.toString() ?? '';
    const content = JSON.stringify(users).replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
    const offering = page.replace('<head>', `<head>\n    <meta name="parley-demo" content="${content}">`);
    this.#put('/index.html', contentTypes['.html'] ?? '', Buffer.from(offering));
  }

  /** @returns false where there is no such file, or another method than reading is asked for */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean {
    const path = request.url?.split('?')[0] ?? '/';
    const file = this.#files.get(path === '/' ? '/index.html' : path);
    if (file === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
    const gzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const body = gzip ? file.gzipped : file.plain;
    response.writeHead(200, {
      ...securityHeaders,
      'content-type': file.type,
      'cache-control': file.cacheControl,
      'content-length': body.length,
      vary: 'accept-encoding',
      ...(gzip && { 'content-encoding': 'gzip' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return true;
  }

  #put(path: string, type: string, plain: Buffer): void {
    const policy = path.startsWith('/assets/') ? cacheControl.named : cacheControl.page;
    this.#files.set(path, { type, cacheControl: policy, plain, gzipped: gzipSync(plain) });
  }
}
