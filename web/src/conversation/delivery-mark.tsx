import { Icon, type IconName } from '../elements/icon.tsx';

export type DeliveryState = 'waiting' | 'sent' | 'read' | 'failed';

const marks: Record<DeliveryState, { icon: IconName; words: string }> = {
  waiting: { icon: 'clock', words: 'Waiting to be sent' },
  sent: { icon: 'tick', words: 'Sent' },
  read: { icon: 'ticks', words: 'Read' },
  failed: { icon: 'alert', words: 'Not sent' },
};

export function DeliveryMark({ state }: { state: DeliveryState }) {
  const { icon, words } = marks[state];
  return (
    <span class={`delivery ${state}`} title={words}>
      <Icon name={icon} size={16} />
      <span class="visually-hidden">{words}</span>
    </span>
  );
}
