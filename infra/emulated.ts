/**
 * What a stage for emulators goes without. CloudFormation refuses a template with a type it does not know, and so do they:
 * one resource would keep the whole stack from being deployed. MiniStack 1.5.33 was tried.
 */
import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

const lacking = [
  // They send what a function answers over the socket with or without it.
  'AWS::ApiGatewayV2::RouteResponse',
  // Metric math is refused, and nobody is to be woken by an emulator.
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Logs::QueryDefinition',
];

export function leaveOutWhatEmulatorsLack(app: IConstruct): void {
  for (const construct of app.node.findAll()) {
    if (CfnResource.isCfnResource(construct) && lacking.includes(construct.cfnResourceType)) {
      construct.node.scope?.node.tryRemoveChild(construct.node.id);
    }
  }
}
