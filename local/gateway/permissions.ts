import type { Assembly } from '../template/assembly.ts';
import { globMatches } from './iam-policy.ts';

/** Whether API Gateway may invoke a function for a source: `(function name, source ARN)`. */
export type Permissions = (functionName: string, sourceArn: string) => boolean;

/** The resource policies of the functions: what each AWS::Lambda::Permission grants to API Gateway. */
export function permissionsOf(assembly: Assembly): Permissions {
  const grants = assembly
    .ofType('AWS::Lambda::Permission')
    .map(({ properties }) => properties)
    .filter(({ Action, Principal }) => {
      const action = String(Action);
      return Principal === 'apigateway.amazonaws.com' && globMatches(action, 'lambda:InvokeFunction');
    })
    .map(({ FunctionName, SourceArn }) => ({
      functionName: functionNameOf(String(FunctionName)),
      sourceArn: SourceArn === undefined ? '*' : String(SourceArn),
    }));
  return (functionName, sourceArn) =>
    grants.some((grant) => grant.functionName === functionName && globMatches(grant.sourceArn, sourceArn));
}

/** From a name, an ARN, or the URI of a Lambda integration or authorizer. */
export function functionNameOf(reference: string): string {
  return /(?:^|:)function:([^:/]+)/.exec(reference)?.[1] ?? reference;
}
