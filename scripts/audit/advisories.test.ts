import { expect, test } from 'vitest';
import { isUrgent, readAdvisories } from './advisories.ts';

test('an advisory is read with its title, and what depends on it by name', () => {
  const printed = {
    auditReportVersion: 2,
    vulnerabilities: {
      left: {
        name: 'left',
        severity: 'high',
        isDirect: false,
        via: [
          { source: 1, title: 'Prototype pollution', url: 'https://advisories.example/1', severity: 'high' },
        ],
        range: '<1.2.3',
      },
      right: { name: 'right', severity: 'low', via: ['left'], range: '*' },
    },
    metadata: { vulnerabilities: { high: 1, low: 1, total: 2 } },
  };
  const read = readAdvisories(JSON.stringify(printed));
  expect(read).toEqual({
    known: [
      {
        name: 'left',
        severity: 'high',
        range: '<1.2.3',
        what: 'Prototype pollution (https://advisories.example/1)',
      },
      { name: 'right', severity: 'low', range: '*', what: 'by left' },
    ],
  });
  expect('known' in read && read.known.map(isUrgent)).toEqual([true, false]);
});

test('no advisory is not the same as no answer', () => {
  expect(readAdvisories('{"vulnerabilities":{}}')).toEqual({ known: [] });
  const refused = { message: '405 Method Not Allowed - POST https://host.example/bulk', statusCode: 405 };
  expect(readAdvisories(JSON.stringify(refused))).toEqual({ unanswered: 'status 405' });
  const offline = { error: { code: 'ENOAUDIT', summary: 'audit endpoint returned an error', detail: '' } };
  expect(readAdvisories(JSON.stringify(offline))).toEqual({ unanswered: 'audit endpoint returned an error' });
});

test('what npm does not print is no answer that passes', () => {
  expect(() => readAdvisories('{}')).toThrow();
  expect(() => readAdvisories('')).toThrow();
});
