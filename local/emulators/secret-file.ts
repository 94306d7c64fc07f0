import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from './atomic-file.ts';

export type SecretVersion = { versionId: string; secretString: string; createdDate: number };
export type Secret = {
  name: string;
  arn: string;
  createdDate: number;
  current: SecretVersion;
  previous?: SecretVersion;
};

/** All secrets in one file that only its owner may read. */
export class SecretFile {
  readonly #path: string;
  readonly #secrets: Map<string, Secret>;

  constructor(path: string) {
    this.#path = path;
    // Only #save writes this file.
    const stored = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Secret[]) : [];
    this.#secrets = new Map(stored.map((secret) => [secret.name, secret]));
  }

  /** By name, by ARN, or by ARN without the six random characters at its end, as Secrets Manager allows. */
  find(secretId: string): Secret | undefined {
    return (
      this.#secrets.get(secretId) ??
      [...this.#secrets.values()].find(
        (secret) => secret.arn === secretId || secret.arn.slice(0, -7) === secretId,
      )
    );
  }

  create(name: string, arn: string, secretString: string, now = Date.now()): Secret {
    const secret = { name, arn, createdDate: now, current: version(secretString, now) };
    this.#secrets.set(name, secret);
    this.#save();
    return secret;
  }

  /** The value until now becomes AWSPREVIOUS. */
  put(secret: Secret, secretString: string, now = Date.now()): SecretVersion {
    secret.previous = secret.current;
    secret.current = version(secretString, now);
    this.#save();
    return secret.current;
  }

  #save(): void {
    writeFileAtomically(this.#path, JSON.stringify([...this.#secrets.values()], null, 2));
  }
}

function version(secretString: string, now: number): SecretVersion {
  return { versionId: randomUUID(), secretString, createdDate: now };
}
