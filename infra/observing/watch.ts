/** Everything that watches the service: its alarms, the one they add up to, and the dashboard. */
import type { HttpStage, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { type FunctionName, functionNames } from '../functions.ts';
import type { ParleyData } from '../stacks/parley-data.ts';
import { ApiAlarms } from './api-alarms.ts';
import { ChatDashboard } from './chat-dashboard.ts';
import { ChatIsDown } from './chat-is-down.ts';
import { DeliveryAlarms } from './delivery-alarms.ts';
import { FunctionAlarms } from './function-alarms.ts';
import { SavedQueries } from './saved-queries.ts';

export type WatchProps = {
  settings: StageSettings;
  data: ParleyData;
  functions: (name: FunctionName) => LambdaFunction;
  http: HttpStage;
  webSocket: WebSocketStage;
};

export class Watch extends Construct {
  constructor(scope: Construct, id: string, { settings, data, functions, http, webSocket }: WatchProps) {
    super(scope, id);
    const { alarming } = data;
    const deliver = functions('stream-deliver');
    const delivery = new DeliveryAlarms(this, 'Delivery', alarming, deliver, settings);
    const ofFunctions = new FunctionAlarms(this, 'Functions', alarming, functions, settings);
    const ofApis = new ApiAlarms(this, 'Apis', alarming, http, webSocket);
    const chatIsDown = new ChatIsDown(
      this,
      'ChatIsDown',
      alarming,
      {
        messagesNotStored: delivery.notStored,
        iteratorAge: delivery.iteratorAge,
        authorizerFailures: ofFunctions.authorizerFailures,
      },
      { httpApi: ofApis.http, webSocketApi: ofApis.webSocket },
    );
    const logGroups = functionNames.map((name) => functions(name).logGroup);
    new SavedQueries(this, 'Queries', settings.stage, logGroups);
    new ChatDashboard(this, 'Dashboard', settings.stage, {
      functions,
      http,
      webSocket,
      data,
      alarms: [
        chatIsDown,
        delivery.notStored,
        delivery.iteratorAge,
        delivery.pushLatency,
        ...(delivery.cacheFallbacks ? [delivery.cacheFallbacks] : []),
        ofApis.http,
        ofApis.webSocket,
        ...ofFunctions.all,
      ],
    });
  }
}
