ALTER TABLE "tenants" ADD COLUMN "suspended_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "suspended_reason" text;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "purge_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "purged_at" timestamp (3) with time zone;--> statement-breakpoint
UPDATE "tenants" SET "suspended_at" = "updated_at" WHERE "status" = 'suspended';--> statement-breakpoint
-- What an earlier release deleted has no secrets left to wait for.
UPDATE "tenants" SET "deleted_at" = "updated_at", "purge_at" = "updated_at", "purged_at" = now() WHERE "status" = 'deleted';--> statement-breakpoint
CREATE INDEX "tenants_deleted_page" ON "tenants" USING btree ("organisation_id","created_at","id") WHERE "tenants"."status" = 'deleted' and "tenants"."purged_at" is null;--> statement-breakpoint
CREATE INDEX "tenants_to_purge" ON "tenants" USING btree ("purge_at") WHERE "tenants"."status" = 'deleted' and "tenants"."purged_at" is null;--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_suspended" CHECK (("tenants"."status" <> 'suspended' or "tenants"."suspended_at" is not null) and ("tenants"."status" <> 'active' or "tenants"."suspended_at" is null) and ("tenants"."suspended_reason" is null or ("tenants"."suspended_at" is not null and length("tenants"."suspended_reason") between 1 and 500)));--> statement-breakpoint
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_deleted" CHECK (("tenants"."status" = 'deleted') = ("tenants"."deleted_at" is not null) and ("tenants"."status" = 'deleted') = ("tenants"."purge_at" is not null) and ("tenants"."purged_at" is null or "tenants"."status" = 'deleted'));