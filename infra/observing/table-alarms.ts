/** One alarm for each table, so that its name says which: the metrics of all of them are too many for one. */
import { Construct } from 'constructs';
import type { TableInUse } from '../stacks/parley-data.ts';
import { type TableName, tableDefinitions, tableNames } from '../tables.ts';
import { throttledItems } from './metrics.ts';
import { type Alarming, oneMinute, ParleyAlarm } from './parley-alarm.ts';

export class TableAlarms extends Construct {
  constructor(scope: Construct, id: string, alarming: Alarming, tables: Record<TableName, TableInUse>) {
    super(scope, id);
    for (const name of tableNames) {
      const indexes = Object.keys(tableDefinitions[name].indexes ?? {});
      new ParleyAlarm(this, name, alarming, {
        name: `table-throttles-${name}`,
        section: 'table-throttles',
        says: `DynamoDB refuses reads or writes of ${name} for coming too fast.`,
        metric: throttledItems(tables[name], indexes, oneMinute, 'Throttled'),
        threshold: 0,
        bad: { count: 3, of: 5 },
      });
    }
  }
}
