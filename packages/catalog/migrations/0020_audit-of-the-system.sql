ALTER TABLE "audit" DROP CONSTRAINT "audit_author";--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "address" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "request_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_author" CHECK (num_nonnulls("audit"."api_key_id", "audit"."trust_rule_id") <= 1 and num_nonnulls("audit"."api_key_id", "audit"."trust_rule_id") * 2 = num_nonnulls("audit"."address", "audit"."request_id"));