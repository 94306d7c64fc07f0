// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are CloudFormation's expressions, not templates of ours
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Assembly, loadAssembly, type ResolutionContext } from './assembly.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

const context: ResolutionContext = {
  region: 'eu-west-1',
  accountId: '123456789012',
  attribute: (resource, name) => `${resource.logicalId}:${name}`,
};

/** Writes a cloud assembly of the given templates, by stack name, and loads it. */
function load(stacks: Record<string, object>, changes: Partial<ResolutionContext> = {}): Assembly {
  return loadAssembly(write(stacks), { ...context, ...changes });
}

function write(stacks: Record<string, object>): string {
  const directory = mkdtempSync(join(tmpdir(), 'parley-assembly-'));
  directories.push(directory);
  const artifacts: Record<string, object> = { Tree: { type: 'cdk:tree' } };
  for (const [name, template] of Object.entries(stacks)) {
    const templateFile = `${name}.template.json`;
    artifacts[name] = { type: 'aws:cloudformation:stack', properties: { templateFile } };
    writeFileSync(join(directory, templateFile), JSON.stringify(template));
  }
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ artifacts }));
  return directory;
}

/** What a property value resolves to, in a stack with a resource `Other` beside it. */
function resolved(value: unknown, template: object = {}): unknown {
  const Resources = { Other: { Type: 'Test::Other' }, Probe: { Type: 'Test::Probe', Properties: { value } } };
  return load({ Stack: { ...template, Resources } }).ofType('Test::Probe')[0]?.properties['value'];
}

describe('intrinsic functions', () => {
  test.each([
    [{ Ref: 'Other' }, 'Other:Ref'],
    [{ 'Fn::GetAtt': ['Other', 'Arn'] }, 'Other:Arn'],
    [{ 'Fn::GetAtt': 'Other.Endpoint.Port' }, 'Other:Endpoint.Port'],
    [
      { 'Fn::Join': [':', ['a', { Ref: 'AWS::Region' }, { 'Fn::GetAtt': ['Other', 'Arn'] }]] },
      'a:eu-west-1:Other:Arn',
    ],
    [{ 'Fn::Join': [',', { 'Fn::Split': ['/', 'a/b'] }] }, 'a,b'],
    [
      { 'Fn::Sub': '${AWS::AccountId}/${Other}/${Other.Arn}/${!Literal}' },
      '123456789012/Other:Ref/Other:Arn/${Literal}',
    ],
    [{ 'Fn::Sub': ['${name}-${AWS::Region}', { name: { Ref: 'Other' } }] }, 'Other:Ref-eu-west-1'],
    [{ 'Fn::Select': [1, ['a', { Ref: 'Other' }]] }, 'Other:Ref'],
    [{ 'Fn::Select': ['2', { 'Fn::Split': [':', { 'Fn::GetAtt': ['Other', 'Arn:x'] }] }] }, 'x'],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [{ Ref: 'AWS::Partition' }, 'aws'],
    [{ Ref: 'AWS::StackName' }, 'Stack'],
    [{ Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    [
      [{ Ref: 'Other' }, { Ref: 'AWS::NoValue' }, 3],
      ['Other:Ref', 3],
    ],
    [
      { kept: true, gone: { Ref: 'AWS::NoValue' }, deep: { Ref: 'Other' } },
      { kept: true, deep: 'Other:Ref' },
    ],
    [
      { Condition: { StringEquals: { a: { Ref: 'Other' } } } },
      { Condition: { StringEquals: { a: 'Other:Ref' } } },
    ],
  ])('%j', (value, expected) => {
    expect(resolved(value)).toEqual(expected);
  });

  test('conditions, parameters and mappings', () => {
    const template = {
      Parameters: {
        Stage: { Type: 'String', Default: 'prod' },
        Zones: { Type: 'CommaDelimitedList', Default: 'a,b' },
      },
      Mappings: { Sizes: { prod: { memory: 512 } } },
      Conditions: {
        IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
        IsDev: { 'Fn::Not': [{ Condition: 'IsProd' }] },
        Both: { 'Fn::And': [{ Condition: 'IsProd' }, { Condition: 'IsDev' }] },
        Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { Condition: 'IsDev' }] },
      },
    };
    expect(resolved({ 'Fn::If': ['IsProd', 'yes', { 'Fn::Nonsense': 1 }] }, template)).toBe('yes');
    expect(resolved({ 'Fn::If': ['IsDev', 'yes', 'no'] }, template)).toBe('no');
    expect(resolved({ 'Fn::If': ['Both', 'yes', 'no'] }, template)).toBe('no');
    expect(resolved({ 'Fn::If': ['Either', 'yes', { Ref: 'AWS::NoValue' }] }, template)).toBe('yes');
    expect(resolved({ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, template)).toBe(512);
    expect(resolved({ Ref: 'Zones' }, template)).toEqual(['a', 'b']);
  });

  test('a resource whose condition is false is not there', () => {
    const assembly = load({
      Stack: {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Gone: { Type: 'Test::A', Condition: 'Never' }, Here: { Type: 'Test::A' } },
      },
    });
    expect(assembly.resources.map(({ logicalId }) => logicalId)).toEqual(['Here']);
  });

  test.each([
    [{ 'Fn::Transform': {} }, 'Stack: Test::Probe Probe: Fn::Transform is not supported'],
    [{ deep: [{ 'Fn::GetAZs': '' }] }, 'Stack: Test::Probe Probe: Fn::GetAZs is not supported'],
    [{ Ref: 'Nobody' }, 'Stack: Test::Probe Probe: nothing in the template is called Nobody'],
    [{ 'Fn::ImportValue': 'nowhere' }, 'Stack: Test::Probe Probe: no stack exports nowhere'],
    [{ 'Fn::Select': [2, ['a']] }, 'Stack: Test::Probe Probe: Fn::Select: no entry 2 in a list of 1'],
    [{ 'Fn::Join': ['', [{}]] }, 'Stack: Test::Probe Probe: expected text, found {}'],
    [
      '{{resolve:ssm:/x}}',
      'Stack: Test::Probe Probe: dynamic references are not supported: {{resolve:ssm:/x}}',
    ],
  ])('%j is an error that names the resource', (value, message) => {
    expect(() => resolved(value)).toThrow(message);
  });

  test('what nobody reads need not be supported', () => {
    const Resources = {
      Bad: { Type: 'Test::Bad', Properties: { value: { 'Fn::GetAZs': '' } } },
      Good: { Type: 'Test::Good' },
    };
    const assembly = load({ Stack: { Resources } });
    expect(assembly.ofType('Test::Good')[0]?.properties).toEqual({});
    expect(() => assembly.ofType('Test::Bad')[0]?.properties).toThrow('Fn::GetAZs');
  });
});

describe('an assembly', () => {
  test('resolves exports across stacks, whatever their order', () => {
    const assembly = load({
      Service: {
        Resources: {
          User: { Type: 'Test::User', Properties: { table: { 'Fn::ImportValue': 'Data:Table' } } },
        },
      },
      Data: {
        Resources: { Table: { Type: 'Test::Table' } },
        Outputs: {
          Table: {
            Value: { 'Fn::GetAtt': ['Table', 'Arn'] },
            Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Table' } },
          },
          Plain: { Value: { Ref: 'Table' } },
        },
      },
    });
    expect(assembly.ofType('Test::User')[0]?.properties).toEqual({ table: 'Table:Arn' });
    expect(assembly.output('Data', 'Plain')).toBe('Table:Ref');
    expect(() => assembly.output('Data', 'Missing')).toThrow('Data has no output Missing');
    expect(() => assembly.output('Other', 'Plain')).toThrow('no stack Other');
  });

  test('asks for an attribute with the properties of the resource resolved', () => {
    const Resources = {
      Named: {
        Type: 'Test::Named',
        Properties: { Name: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] } },
      },
      Probe: { Type: 'Test::Probe', Properties: { value: { Ref: 'Named' } } },
    };
    const assembly = load(
      { Stack: { Resources } },
      { attribute: ({ properties }) => String(properties['Name']) },
    );
    expect(assembly.ofType('Test::Probe')[0]?.properties).toEqual({ value: 'a-eu-west-1' });
    expect(assembly.ofType('Test::Named')[0]?.ref).toBe('a-eu-west-1');
  });

  test('tells of a circle of references', () => {
    const Resources = {
      A: { Type: 'Test::A', Properties: { value: { Ref: 'B' } } },
      B: { Type: 'Test::B', Properties: { value: { Ref: 'A' } } },
    };
    const assembly = load(
      { Stack: { Resources } },
      { attribute: ({ properties }) => String(properties['value']) },
    );
    expect(() => assembly.ofType('Test::A')[0]?.properties).toThrow(
      'circular reference: Test::A A → Test::B B → Test::A A',
    );
  });

  test('finds staged code by the metadata of the CLI or by the hash of the asset', () => {
    const directory = write({
      Stack: {
        Resources: {
          ByMetadata: { Type: 'Test::Code', Metadata: { 'aws:asset:path': 'asset.one' } },
          ByHash: {
            Type: 'Test::Code',
            Properties: { Code: { S3Bucket: { 'Fn::Sub': 'b-${AWS::Region}' }, S3Key: 'two.zip' } },
          },
          Neither: { Type: 'Test::Code', Properties: { Code: { ZipFile: '' } } },
        },
      },
    });
    const files = { two: { source: { path: 'asset.two', packaging: 'zip' } } };
    writeFileSync(join(directory, 'Stack.assets.json'), JSON.stringify({ files }));
    const paths = loadAssembly(directory, context).resources.map(({ assetPath }) => assetPath);
    expect(paths).toEqual([join(directory, 'asset.one'), join(directory, 'asset.two'), undefined]);
  });

  test('holds the stacks of nested assemblies', () => {
    const outer = write({});
    const inner = write({ Inner: { Resources: { Probe: { Type: 'Test::Probe' } } } });
    const directoryName = join('..', inner.slice(inner.lastIndexOf('/') + 1));
    const artifacts = { stage: { type: 'cdk:cloud-assembly', properties: { directoryName } } };
    mkdirSync(outer, { recursive: true });
    writeFileSync(join(outer, 'manifest.json'), JSON.stringify({ artifacts }));
    expect(loadAssembly(outer, context).resources.map(({ stack }) => stack)).toEqual(['Inner']);
  });

  test('that is not there is a clear error', () => {
    expect(() => loadAssembly('/nowhere', context)).toThrow(
      'cannot read /nowhere/manifest.json: synthesize the app first',
    );
  });
});
