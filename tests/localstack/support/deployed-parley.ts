/** Parley on an emulator, as a client finds it. */
import { ApiClient } from '../../support/api-client.ts';
import { ChatSocket } from '../../support/chat-socket.ts';
import { type Door, Person, type SignedIn } from '../../support/person.ts';
import { Secrets } from '../../support/secrets.ts';

export class DeployedParley {
  readonly #secrets = new Secrets();
  readonly addresses: { url: string; webSocketUrl: string };

  /** From what `npm run deploy:localstack` prints at its end. */
  constructor(printed: string) {
    const address = (name: string) => printed.match(new RegExp(`${name} API +(\\S+)`))?.[1];
    const [http, webSocket] = [address('HTTP'), address('WebSocket')];
    if (http === undefined || webSocket === undefined) throw new Error(`No addresses in: ${printed}`);
    this.addresses = { url: http.replace(/\/v1$/, ''), webSocketUrl: webSocket };
  }

  api(token?: string): ApiClient {
    return new ApiClient(this.addresses.url, this.#secrets, token);
  }

  /** With the token in a header: MiniStack does not hand on the subprotocol that the connect function selects. */
  connect(token: string): Promise<ChatSocket> {
    return ChatSocket.open(this.addresses.webSocketUrl, this.#secrets, {
      headers: { authorization: `Bearer ${token}` },
    });
  }

  async register(username: string): Promise<Person> {
    const password = 'correct horse battery staple';
    const { status, body } = await this.api().post<SignedIn>('/users', { username, password });
    if (status !== 201) throw new Error(`Not registered: ${JSON.stringify(body)}`);
    const door: Door = { api: (token) => this.api(token), connect: () => this.connect(body.token) };
    return new Person(door, body, password);
  }
}
