import { expect, test } from 'vitest';
import { Deployment } from './templates.ts';

/** The types of a stage's resources, each as often as it has it. */
function typesOf(stage: 'dev' | 'localstack', without: RegExp): string[] {
  return new Deployment(stage).resources
    .map(({ stack, type }) => `${stack} ${type}`)
    .filter((type) => !without.test(type))
    .sort();
}

test('what is deployed to an emulator is the stage dev, but for what emulators lack', () => {
  const lacking =
    /AWS::ApiGatewayV2::RouteResponse|AWS::CloudWatch::(Alarm|CompositeAlarm|Dashboard)|AWS::Logs::QueryDefinition/;
  const ofTheAccount = /AWS::ApiGateway::Account/;
  const inDev = typesOf('dev', new RegExp(`${lacking.source}|${ofTheAccount.source}`));
  const roleOfTheAccount = inDev.indexOf('ParleyService AWS::IAM::Role');
  expect(typesOf('localstack', /^$/)).toEqual(inDev.toSpliced(roleOfTheAccount, 1));
});
