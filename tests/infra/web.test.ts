import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { stagePathCode, viewerAddressCode } from '../../infra/constructs/web-distribution.ts';
import { stageNames, stageSettings } from '../../infra/stages.ts';
import { securityHeaders } from '../../shared/web/security-headers.ts';
import { at } from './templates.ts';

const assemblies = join(import.meta.dirname, '../../cdk.out');

type Resource = {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string[];
  DeletionPolicy?: string;
};

function resources(stage: string): Record<string, Resource> {
  return JSON.parse(readFileSync(join(assemblies, stage, 'ParleyWeb.template.json'), 'utf8')).Resources;
}

function ofType(stage: string, type: string): Resource[] {
  return Object.values(resources(stage)).filter((resource) => resource.Type === type);
}

function only(stage: string, type: string): Resource {
  const [resource, ...others] = ofType(stage, type);
  if (!resource || others.length > 0) throw new Error(`Not one resource of type ${type}`);
  return resource;
}

test('the stages that serve the web client from CloudFront have the stack, the local one has not', () => {
  for (const stage of stageNames) {
    const { artifacts } = JSON.parse(readFileSync(join(assemblies, stage, 'manifest.json'), 'utf8'));
    expect('ParleyWeb' in artifacts, stage).toBe(stageSettings(stage).web !== false);
  }
  expect(stageSettings('local').web).toBe(false);
});

describe.each(['dev', 'prod'] as const)('the web client of stage %s', (stage) => {
  const config = at(only(stage, 'AWS::CloudFront::Distribution').Properties, 'DistributionConfig');
  const behaviors = at(config, 'CacheBehaviors') as { PathPattern: string }[];
  const behavior = (path: string) => behaviors.find(({ PathPattern }) => PathPattern === path);

  test('is in a bucket that only CloudFront reads', () => {
    const bucket = only(stage, 'AWS::S3::Bucket').Properties;
    expect(at(bucket, 'PublicAccessBlockConfiguration')).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    const statements = at(only(stage, 'AWS::S3::BucketPolicy').Properties, 'PolicyDocument', 'Statement');
    const allowed = (
      statements as { Effect: string; Principal: unknown; Action: unknown; Condition: unknown }[]
    ).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
    });
    expect(ofType(stage, 'AWS::CloudFront::OriginAccessControl')).toHaveLength(1);
  });

  test('comes compressed, over HTTPS, with the security headers', () => {
    expect(at(config, 'DefaultRootObject')).toBe('index.html');
    expect(at(config, 'DefaultCacheBehavior')).toMatchObject({
      Compress: true,
      ViewerProtocolPolicy: 'redirect-to-https',
      AllowedMethods: ['GET', 'HEAD'],
    });
    const headers = at(
      only(stage, 'AWS::CloudFront::ResponseHeadersPolicy').Properties,
      'ResponseHeadersPolicyConfig',
    );
    const security = at(headers, 'SecurityHeadersConfig');
    expect(at(security, 'ContentSecurityPolicy', 'ContentSecurityPolicy')).toBe(
      securityHeaders['content-security-policy'],
    );
    expect(at(security, 'StrictTransportSecurity', 'AccessControlMaxAgeSec')).toBe(31_536_000);
    expect(at(security, 'FrameOptions', 'FrameOption')).toBe(securityHeaders['x-frame-options']);
    expect(at(security, 'ReferrerPolicy', 'ReferrerPolicy')).toBe(securityHeaders['referrer-policy']);
    const own = (at(headers, 'CustomHeadersConfig', 'Items') as { Header: string; Value: string }[]).map(
      ({ Header, Value }) => [Header, Value],
    );
    expect(Object.keys(securityHeaders).sort()).toEqual(
      [
        ...own.map(([header]) => header),
        'content-security-policy',
        'referrer-policy',
        'x-content-type-options',
        'x-frame-options',
      ].sort(),
    );
    expect(securityHeaders).toMatchObject(Object.fromEntries(own));
  });

  test('keeps named files for good and the page not at all, the page put in place last', () => {
    const deployments = Object.entries(resources(stage)).filter(
      ([, { Type }]) => Type === 'Custom::CDKBucketDeployment',
    );
    const policies = deployments.map(([id, { Properties }]) => {
      const metadata = Properties['SystemMetadata'] as Record<string, string>;
      return {
        id,
        policy: metadata['cache-control'],
        prune: Properties['Prune'],
        include: Properties['Include'],
      };
    });
    const assets = policies.find(({ include }) => include !== undefined);
    const page = policies.find((one) => one !== assets);
    expect(assets).toMatchObject({
      policy: 'public, max-age=31536000, immutable',
      include: ['assets/*'],
      prune: false,
    });
    expect(page).toMatchObject({ policy: 'no-cache', prune: false });
    expect(deployments.find(([id]) => id === page?.id)?.[1].DependsOn).toEqual(
      expect.arrayContaining([assets?.id]),
    );
  });

  test.each(['/v1/*', '/connect'])(
    'shares its origin with %s: uncached, every method and header, HTTPS only',
    (path) => {
      expect(behavior(path)).toMatchObject({
        ViewerProtocolPolicy: 'https-only',
        // Managed policies: CachingDisabled, AllViewerExceptHostHeader
        // (docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html).
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      });
    },
  );

  test('leads each API to its own origin, by TLS 1.2', () => {
    const origins = at(config, 'Origins') as Record<string, unknown>[];
    const apis = origins.filter((origin) => 'CustomOriginConfig' in origin);
    expect(apis).toHaveLength(2);
    for (const origin of apis) {
      expect(origin['CustomOriginConfig']).toMatchObject({
        OriginProtocolPolicy: 'https-only',
        OriginSSLProtocols: ['TLSv1.2'],
      });
      expect(origin['OriginPath']).toBeUndefined();
    }
    const service = JSON.parse(readFileSync(join(assemblies, stage, 'ParleyService.template.json'), 'utf8'));
    const apiOf = (path: string) => {
      const id = at(behavior(path), 'TargetOriginId');
      const text = JSON.stringify(origins.find((origin) => origin['Id'] === id));
      const name = /"Fn::ImportValue":"([^"]+)"/.exec(text)?.[1];
      const output = Object.values(service.Outputs).find((one) =>
        JSON.stringify(one).includes(`"Name":"${name}"`),
      );
      const logicalId = String((at(output, 'Value', 'Fn::GetAtt') as string[])[0]);
      return at(service.Resources[logicalId], 'Properties', 'ProtocolType');
    };
    expect(apiOf('/v1/*')).toBe('HTTP');
    expect(apiOf('/connect')).toBe('WEBSOCKET');
  });
});

test('a handshake at /connect is led to the stage of the WebSocket API, all else of it untouched', () => {
  const request = {
    method: 'GET',
    uri: '/connect',
    querystring: {},
    headers: { 'sec-websocket-protocol': { value: 'parley.v1, bearer.x' } },
  };
  const led = runInNewContext(`${stagePathCode}; handler(event)`, {
    event: { request: structuredClone(request) },
  });
  expect({ ...led }).toEqual({ ...request, uri: '/v1' });
  expect(attachedCodes()).toContain(stagePathCode);
});

test('the HTTP API learns whose a request is, with a proof that only the distribution has', () => {
  const forged = { 'x-parley-viewer-address': { value: '203.0.113.9' } };
  const led = runInNewContext(`${viewerAddressCode}; handler(event)`, {
    event: { viewer: { ip: '198.51.100.7' }, request: { uri: '/v1/login', headers: forged } },
  });
  expect(JSON.parse(JSON.stringify(led))).toEqual({
    uri: '/v1/login',
    headers: { 'x-parley-viewer-address': { value: '198.51.100.7' } },
  });
  expect(attachedCodes()).toContain(viewerAddressCode);

  const distribution = JSON.stringify(only('prod', 'AWS::CloudFront::Distribution').Properties);
  expect(distribution).toContain('"HeaderName":"x-parley-edge"');
  expect(distribution).toContain('{{resolve:secretsmanager:');
});

function attachedCodes(): unknown[] {
  return ofType('prod', 'AWS::CloudFront::Function').map(({ Properties }) => Properties['FunctionCode']);
}
