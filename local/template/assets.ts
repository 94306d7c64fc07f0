import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isRecord } from './template.ts';

/**
 * Where each file asset of an assembly was staged, by its hash, from the `*.assets.json` beside the templates.
 * (`aws:asset:path` metadata is written only where the CDK CLI ran the app.)
 */
export function readAssetPaths(directory: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const file of readdirSync(directory)) {
    if (!file.endsWith('.assets.json')) continue;
    const manifest: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'));
    const files = isRecord(manifest) && isRecord(manifest['files']) ? manifest['files'] : {};
    for (const [hash, asset] of Object.entries(files)) {
      const source = isRecord(asset) ? asset['source'] : undefined;
      if (isRecord(source) && typeof source['path'] === 'string')
        paths.set(hash, resolve(directory, source['path']));
    }
  }
  return paths;
}

/** The staged code of a resource: from its metadata, or by the hash in its `Code.S3Key`. */
export function assetDirectory(
  resource: { metadata: Record<string, unknown>; properties: Record<string, unknown> },
  directory: string,
  assetPaths: ReadonlyMap<string, string>,
): string | undefined {
  const path = resource.metadata['aws:asset:path'];
  if (typeof path === 'string') return resolve(directory, path);
  const code = resource.properties['Code'] ?? resource.properties['Content'];
  const key = isRecord(code) ? code['S3Key'] : undefined;
  if (typeof key !== 'string') return undefined;
  return assetPaths.get(key.replace(/\.[^.]*$/, ''));
}
