// The name of the page in the browser's tab and history.
import { useEffect } from 'react';

/** `Shop · Weir` */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Weir`;
  }, [title]);
}
