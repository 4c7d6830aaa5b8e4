CREATE TABLE "trust_rules" (
	"id" text PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"role" text NOT NULL,
	"description" text NOT NULL,
	"issuer" text NOT NULL,
	"audience" text NOT NULL,
	"subject" text NOT NULL,
	"claims" jsonb NOT NULL,
	"ttl_seconds_max" integer NOT NULL,
	"generation" bigint DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "trust_rules_id" CHECK ("trust_rules"."id" ~ '^tr_[0-9a-z]{20}$'),
	CONSTRAINT "trust_rules_issuer" CHECK ("trust_rules"."issuer" ~ '^https?://'),
	CONSTRAINT "trust_rules_trusted" CHECK (length("trust_rules"."audience") >= 1 and length("trust_rules"."subject") >= 1),
	CONSTRAINT "trust_rules_claims" CHECK (jsonb_typeof("trust_rules"."claims") = 'object'),
	CONSTRAINT "trust_rules_ttl" CHECK ("trust_rules"."ttl_seconds_max" between 1 and 86400),
	CONSTRAINT "trust_rules_generation" CHECK ("trust_rules"."generation" >= 1)
);
--> statement-breakpoint
ALTER TABLE "audit" ALTER COLUMN "api_key_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ALTER COLUMN "api_key_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit" ADD COLUMN "trust_rule_id" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "trust_rule_id" text;--> statement-breakpoint
ALTER TABLE "trust_rules" ADD CONSTRAINT "trust_rules_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "trust_rules" ADD CONSTRAINT "trust_rules_role" FOREIGN KEY ("endpoint_id","role") REFERENCES "public"."roles"("endpoint_id","name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "trust_rules_of_role" ON "trust_rules" USING btree ("endpoint_id","role");--> statement-breakpoint
CREATE INDEX "trust_rules_page" ON "trust_rules" USING btree ("tenant_id","created_at","id");--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_trust_rule_id_trust_rules_id_fk" FOREIGN KEY ("trust_rule_id") REFERENCES "public"."trust_rules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_of_trust_rule" ON "audit" USING btree ("organisation_id","trust_rule_id","id") WHERE "audit"."trust_rule_id" is not null;--> statement-breakpoint
CREATE INDEX "credentials_of_trust_rule" ON "credentials" USING btree ("trust_rule_id") WHERE "credentials"."trust_rule_id" is not null;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_author" CHECK (num_nonnulls("audit"."api_key_id", "audit"."trust_rule_id") = 1);--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_author" CHECK (num_nonnulls("credentials"."api_key_id", "credentials"."trust_rule_id") = 1);