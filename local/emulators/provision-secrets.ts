import type { Resource } from '../template/assembly.ts';
import { physicalName } from './resource-attributes.ts';
import type { SecretFile } from './secret-file.ts';
import { generateSecretString, type SecretStringSettings } from './secret-string.ts';

/** Draws the secret's first value. An existing one is left alone, or every token would end at a restart. */
export function provisionSecret(secrets: SecretFile, resource: Resource): void {
  const name = physicalName(resource, 'Name');
  if (secrets.find(name) !== undefined) return;
  const { SecretString, GenerateSecretString } = resource.properties;
  const value =
    typeof SecretString === 'string'
      ? SecretString
      : // Spelled by CloudFormation's schema; absent, CloudFormation makes an empty secret.
        GenerateSecretString === undefined
        ? ''
        : generateSecretString(GenerateSecretString as SecretStringSettings);
  secrets.create(name, resource.ref, value);
}
