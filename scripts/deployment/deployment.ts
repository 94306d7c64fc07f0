/** A running Parley as an operator's tool sees it: what its parts are called, and how they are reached. */
import type { emulatorClient, StoreEndpoints } from '../../local/emulators/aws-client.ts';
import { UsageError } from '../load/option-values.ts';

/** As CloudFormation lists it. */
export type DeployedResource = { logicalId: string; type: string; physicalId: string };

export type Service = keyof StoreEndpoints;
/** What an AWS client is made with. */
export type ClientSettings = { region: string } | ReturnType<typeof emulatorClient>;

export type DeploymentParts = {
  /** Such as `stage dev in eu-west-1`. */
  description: string;
  region: string;
  resources: DeployedResource[];
  settings: (service: Service) => ClientSettings;
  /** The embedded runtime's; undefined on AWS. */
  dataDirectory?: string;
  /** On AWS. */
  stage?: string;
};

export class Deployment {
  readonly description: string;
  readonly region: string;
  readonly resources: readonly DeployedResource[];
  /** Of the embedded runtime; undefined on AWS. */
  readonly dataDirectory: string | undefined;
  /** Undefined for the embedded runtime. */
  readonly stage: string | undefined;
  readonly settings: (service: Service) => ClientSettings;

  constructor(parts: DeploymentParts) {
    this.description = parts.description;
    this.region = parts.region;
    this.resources = parts.resources;
    this.settings = parts.settings;
    this.dataDirectory = parts.dataDirectory;
    this.stage = parts.stage;
  }

  /**
   * What `Ref` gives for a resource: a table's or stream's name, a queue's URL, a secret's ARN.
   *
   * @param id the logical id without the hash that the CDK adds, such as `MessagesByConversation`
   */
  physicalId(id: string): string {
    const found = this.physicalIdIfAny(id);
    if (found === undefined) {
      throw new UsageError(
        `${this.description} has no ${id}: it runs another version of Parley than this tool is of.`,
      );
    }
    return found;
  }

  physicalIdIfAny(id: string): string | undefined {
    return this.resources.find(({ logicalId }) => withoutHash(logicalId) === id)?.physicalId;
  }
}

/** CDK ends each logical id with eight hexadecimal digits of its path. */
export function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
