ALTER TABLE "endpoints" ADD COLUMN "mode" text DEFAULT 'transaction' NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "state_tracking" text DEFAULT 'auto' NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "pins_max" integer;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "pin_idle_timeout_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "client_idle_timeout_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "idle_in_transaction_timeout_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "query_timeout_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "transaction_timeout_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD COLUMN "overrides" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_mode" CHECK ("endpoints"."mode" in ('transaction', 'session', 'statement'));--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_state_tracking" CHECK ("endpoints"."state_tracking" in ('auto', 'strict', 'off'));--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_pins_max" CHECK (coalesce("endpoints"."pins_max", 1) >= 1);--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_time_limits" CHECK (least("endpoints"."pin_idle_timeout_ms", "endpoints"."client_idle_timeout_ms", "endpoints"."idle_in_transaction_timeout_ms", "endpoints"."query_timeout_ms", "endpoints"."transaction_timeout_ms") >= 0);--> statement-breakpoint
ALTER TABLE "endpoints" ADD CONSTRAINT "endpoints_overrides" CHECK (case jsonb_typeof("endpoints"."overrides") when 'array' then jsonb_array_length("endpoints"."overrides") <= 64 and not jsonb_path_exists("endpoints"."overrides", '$[*] ? (!(@.settings.type() == "object") || !(@.role.type() == "string" || @.database.type() == "string"))') else false end);