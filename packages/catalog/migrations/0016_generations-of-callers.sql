ALTER TABLE "api_keys" ADD COLUMN "generation" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "generation" bigint DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_generation" CHECK ("api_keys"."generation" >= 1);--> statement-breakpoint
ALTER TABLE "organisations" ADD CONSTRAINT "organisations_generation" CHECK ("organisations"."generation" >= 1);