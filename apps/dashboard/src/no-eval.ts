// Schemas must not try to compile themselves: the page's policy forbids it, and the browser would report each attempt.
import { config } from 'zod';

config({ jitless: true });
