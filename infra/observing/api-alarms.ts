/** What clients see fail at the doors: answers of 500 and more over HTTP, and frames that no function took. */
import type { HttpStage, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { percentage, sum } from './metrics.ts';
import { type Alarming, fiveMinutes, ParleyAlarm } from './parley-alarm.ts';

const perFiveMinutes = { statistic: Stats.SUM, period: fiveMinutes };

export class ApiAlarms extends Construct {
  readonly http: ParleyAlarm;
  readonly webSocket: ParleyAlarm;

  constructor(scope: Construct, id: string, alarming: Alarming, http: HttpStage, webSocket: WebSocketStage) {
    super(scope, id);
    this.http = new ParleyAlarm(this, 'Http5xx', alarming, {
      name: 'http-api-5xx',
      says: 'More than one in twenty HTTP requests is answered with 500 or more.',
      // docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
      metric: percentage(http.metricServerError(perFiveMinutes), http.metricCount(perFiveMinutes), {
        atLeast: 20,
        label: 'HTTP 5xx, %',
        period: fiveMinutes,
      }),
      threshold: 5,
    });
    // docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
    const failed = sum(
      ['ExecutionError', 'IntegrationError'].map((name) => webSocket.metric(name, perFiveMinutes)),
      'Frames that no function took',
      fiveMinutes,
    );
    this.webSocket = new ParleyAlarm(this, 'WebSocket5xx', alarming, {
      name: 'websocket-api-5xx',
      says: 'Frames or handshakes do not reach their function, or it answers API Gateway with an error.',
      metric: failed,
      threshold: 9,
    });
  }
}
