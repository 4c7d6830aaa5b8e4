// Redis gone, restarted empty, or replaced by a copy that lags, under load: what is open serves on, nothing passes the budget.
import { startPooler, startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { findRedisProgram } from '@weir/local-servers';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
