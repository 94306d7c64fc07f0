/**
 * Writes docs/openapi.yaml and docs/asyncapi.yaml from shared/protocol and infra/routes.ts.
 *
 * Fails where a route, an action or a field has no description, so that the documents cannot fall behind the code.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asyncApiDocument } from './docs/asyncapi.ts';
import { openApiDocument } from './docs/openapi.ts';
import { yamlDocument } from './docs/yaml-document.ts';

const projectRoot = dirname(import.meta.dirname);
const source = 'shared/protocol and scripts/docs';

export type GeneratedDocument = { name: string; path: string; text: string };

export function generateDocuments(): GeneratedDocument[] {
  const documents = { 'openapi.yaml': openApiDocument(), 'asyncapi.yaml': asyncApiDocument() };
  return Object.entries(documents).map(([name, document]) => ({
    name,
    path: join(projectRoot, 'docs', name),
    text: yamlDocument(document, source),
  }));
}

if (import.meta.main) {
  try {
    for (const { path, text } of generateDocuments()) writeFileSync(path, text);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
