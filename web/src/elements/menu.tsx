import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { placeBeside } from './place-beside.ts';
import { moveFocusInRows } from './roving-focus.ts';

export type MenuItem = { label: string; onChoose(): void; danger?: boolean };

/** Choices beside each other on top of the menu. */
export type MenuRow = {
  label: string;
  /** `isOn` where it can be on or off. */
  items: (MenuItem & { content: ComponentChildren; isOn?: boolean })[];
};

export type MenuHandle = {
  open(): void;
  /** Gives the focus to the button. */
  focus(): void;
};

type Props = {
  /** Of the button that opens the menu. */
  label: string;
  buttonClass: string;
  row?: MenuRow;
  items: MenuItem[];
  children: ComponentChildren;
  /** Whether Tab reaches the button. @default true */
  isReachable?: boolean;
  handle?: Ref<MenuHandle>;
};

/** A button with a menu beside it: https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/ */
export function Menu({ label, buttonClass, row, items, children, isReachable = true, handle }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useImperativeHandle(handle ?? null, () => ({
    open: () => setOpen(true),
    focus: () => button.current?.focus(),
  }));

  // In the top layer: what scrolls around the button would cut it off.
  useLayoutEffect(() => {
    const [beside, shown] = [button.current, list.current];
    if (!open || !beside || !shown) return;
    shown.showPopover();
    const place = () => placeBeside(shown, beside);
    place();
    shown.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
    addEventListener('resize', place);
    addEventListener('scroll', place, true);
    return () => {
      removeEventListener('resize', place);
      removeEventListener('scroll', place, true);
    };
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const closeOutside = ({ target }: Event) => {
      if (target instanceof Node && !root.current?.contains(target)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (item: MenuItem) => {
    close();
    item.onChoose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    // What moves in the menu moves nothing around it.
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (event.key === 'Tab') {
      setOpen(false);
    } else if (list.current) {
      moveFocusInRows(event, rowsIn(list.current), { wrap: true });
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the button and the items inside come through here
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        ref={button}
        class={buttonClass}
        tabIndex={isReachable ? 0 : -1}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open && (
        <div class="menu-items" ref={list} popover="manual" role="menu" aria-label={label}>
          {row && (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset is nothing that a menu may contain
            <div class="menu-row" role="group" aria-label={row.label}>
              {row.items.map((item) => (
                <button
                  key={item.label}
                  type="button"
                  role={item.isOn === undefined ? 'menuitem' : 'menuitemcheckbox'}
                  {...(item.isOn !== undefined && { 'aria-checked': item.isOn })}
                  aria-label={item.label}
                  title={item.label}
                  tabIndex={-1}
                  onClick={() => choose(item)}
                >
                  {item.content}
                </button>
              ))}
            </div>
          )}
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.danger ? 'danger' : ''}
              onClick={() => choose(item)}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function rowsIn(menu: HTMLElement): HTMLElement[][] {
  const along = [...menu.querySelectorAll<HTMLElement>('.menu-row [role^=menuitem]')];
  const below = [...menu.querySelectorAll<HTMLElement>(':scope > [role^=menuitem]')].map((item) => [item]);
  return along.length > 0 ? [along, ...below] : below;
}
