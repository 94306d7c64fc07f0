import { StartError } from '../emulators/start-error.ts';
import type { Resource } from '../template/assembly.ts';

/** Reads numbers of an AWS::Lambda::EventSourceMapping within the bounds that AWS accepts when it is created. */
export class MappingProperties {
  readonly #mapping: Resource;

  constructor(mapping: Resource) {
    this.#mapping = mapping;
    for (const name of [
      'FilterCriteria',
      'TumblingWindowInSeconds',
      'KmsKeyArn',
      'MetricsConfig',
      'ProvisionedPollerConfig',
    ]) {
      // None of them changes what is delivered, but the first two, which would go wrong silently.
      if (
        mapping.properties[name] !== undefined &&
        (name === 'FilterCriteria' || name === 'TumblingWindowInSeconds')
      ) {
        throw this.error(`${name} is not served locally`);
      }
    }
  }

  number(name: string, bounds: { default: number; from: number; to: number; or?: number }): number {
    const value = this.#mapping.properties[name];
    if (value === undefined) return bounds.default;
    const number = Number(value);
    const within = Number.isInteger(number) && number >= bounds.from && number <= bounds.to;
    if (!within && number !== bounds.or) {
      throw this.error(`${name} must be ${bounds.from} to ${bounds.to}, not ${JSON.stringify(value)}`);
    }
    return number;
  }

  text(name: string): string {
    const value = this.#mapping.properties[name];
    if (typeof value !== 'string') throw this.error(`${name} is missing`);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#mapping.properties[name];
    // CloudFormation takes both spellings.
    return value === undefined ? fallback : value === true || value === 'true';
  }

  get reportsItemFailures(): boolean {
    const types = this.#mapping.properties['FunctionResponseTypes'];
    return Array.isArray(types) && types.includes('ReportBatchItemFailures');
  }

  error(message: string): StartError {
    return new StartError(`AWS::Lambda::EventSourceMapping ${this.#mapping.logicalId}: ${message}.`);
  }
}
