/** Functions that fail, or that Lambda does not let run. One alarm for each kind of function, which its name begins with. */
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { type FunctionName, functionNames } from '../functions.ts';
import { webSocketAuthorizer } from '../routes.ts';
import { accountConcurrency, functionMetric, ownMetric, percentage, sum } from './metrics.ts';
import { type Alarming, fiveMinutes, oneMinute, ParleyAlarm } from './parley-alarm.ts';

const kinds = ['websocket', 'http', 'stream'] as const;

export class FunctionAlarms extends Construct {
  readonly all: ParleyAlarm[] = [];
  readonly authorizerFailures: ParleyAlarm;

  constructor(
    scope: Construct,
    id: string,
    alarming: Alarming,
    functions: (name: FunctionName) => IFunction,
    settings: StageSettings,
  ) {
    super(scope, id);
    for (const kind of kinds) {
      const names = functionNames.filter((name) => name.startsWith(`${kind}-`));
      // A refused token is an error of the authorizer's too: it has an alarm of its own.
      const failing = names.filter((name) => name !== webSocketAuthorizer);
      this.all.push(
        new ParleyAlarm(this, `${kind}-errors`, alarming, {
          name: `function-errors-${kind}`,
          section: 'function-errors',
          says: `Functions of ${kind}-* crash or run out of time.`,
          metric: sum(
            failing.map((name) => functionMetric(functions(name), 'Errors', Stats.SUM, fiveMinutes)),
            'Errors',
            fiveMinutes,
          ),
          threshold: 4,
        }),
        new ParleyAlarm(this, `${kind}-throttles`, alarming, {
          name: `function-throttles-${kind}`,
          section: 'function-throttles',
          says: `Lambda does not let functions of ${kind}-* run: concurrency is used up.`,
          metric: sum(
            names.map((name) => functionMetric(functions(name), 'Throttles', Stats.SUM, oneMinute)),
            'Throttles',
            oneMinute,
          ),
          threshold: 0,
          bad: { count: 3, of: 5 },
        }),
      );
    }
    this.authorizerFailures = this.alarmAboutHandshakes(alarming, functions(webSocketAuthorizer));
    this.all.push(
      this.authorizerFailures,
      new ParleyAlarm(this, 'Faults', alarming, {
        name: 'faults',
        says: 'Requests are answered INTERNAL or UNAVAILABLE, over HTTP or sockets.',
        metric: ownMetric(alarming.stage, 'Faults', Stats.SUM, fiveMinutes),
        threshold: 9,
      }),
      new ParleyAlarm(this, 'AccountConcurrency', alarming, {
        name: 'account-concurrency',
        says: "The account's concurrency in this region is nearly used up, by whatever runs there.",
        metric: accountConcurrency(oneMinute),
        threshold: settings.alarms.accountConcurrency,
        bad: { count: 3, of: 5 },
      }),
    );
  }

  /** Some tokens are always expired, and a client that was asleep offers one; half of all handshakes is something else. */
  private alarmAboutHandshakes(alarming: Alarming, authorizer: IFunction): ParleyAlarm {
    return new ParleyAlarm(this, 'AuthorizerFailures', alarming, {
      name: 'authorizer-failures',
      says: 'More than half of the handshakes are refused: the authorizer fails, or tokens are not recognised.',
      metric: percentage(
        functionMetric(authorizer, 'Errors', Stats.SUM, fiveMinutes),
        functionMetric(authorizer, 'Invocations', Stats.SUM, fiveMinutes),
        { atLeast: 20, label: 'Refused handshakes, %', period: fiveMinutes },
      ),
      threshold: 50,
    });
  }
}
