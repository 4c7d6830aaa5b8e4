CREATE TABLE "organisations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"is_operator" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "organisations_id" CHECK ("organisations"."id" ~ '^org_[0-9a-z]{20}$'),
	CONSTRAINT "organisations_name" CHECK (length("organisations"."name") between 1 and 100)
);
--> statement-breakpoint
-- Every catalog has the organisation that runs the installation; what was there before belongs to it.
INSERT INTO "organisations" ("id", "name", "is_operator") VALUES ('org_' || substr(md5(random()::text || clock_timestamp()::text), 1, 20), 'First organisation', true);--> statement-breakpoint
DROP INDEX "tenants_page";--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "organisation_id" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "scopes" text[];--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "organisation_id" text;--> statement-breakpoint
UPDATE "api_keys" SET "organisation_id" = (SELECT "id" FROM "organisations" WHERE "is_operator"), "scopes" = array['read', 'write', 'secrets', 'admin'];--> statement-breakpoint
UPDATE "tenants" SET "organisation_id" = (SELECT "id" FROM "organisations" WHERE "is_operator");--> statement-breakpoint
ALTER TABLE "api_keys" ALTER COLUMN "organisation_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ALTER COLUMN "scopes" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ALTER COLUMN "organisation_id" SET NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "organisations_one_operator" ON "organisations" USING btree ("is_operator") WHERE "organisations"."is_operator";--> statement-breakpoint
CREATE INDEX "organisations_page" ON "organisations" USING btree ("created_at","id");--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_page" ON "api_keys" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tenants_page" ON "tenants" USING btree ("organisation_id","created_at","id") WHERE "tenants"."status" <> 'deleted';--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_id" CHECK ("api_keys"."id" ~ '^key_[0-9a-f]{16}$');--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_name" CHECK (length("api_keys"."name") between 1 and 100);--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_scopes" CHECK (cardinality("api_keys"."scopes") between 1 and 4 and "api_keys"."scopes" <@ array['read', 'write', 'secrets', 'admin']);