CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"organisation_id" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"action" text NOT NULL,
	"target_id" text NOT NULL,
	"tenant_id" text,
	"api_key_id" text NOT NULL,
	"address" text NOT NULL,
	"request_id" text NOT NULL,
	"changes" jsonb NOT NULL,
	CONSTRAINT "audit_action" CHECK ("audit"."action" ~ '^[a-z-]+\.[a-z-]+$'),
	CONSTRAINT "audit_changes" CHECK (jsonb_typeof("audit"."changes") = 'array')
);
--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_api_key_id_api_keys_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_keys"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_page" ON "audit" USING btree ("organisation_id","id");--> statement-breakpoint
CREATE INDEX "audit_of_target" ON "audit" USING btree ("organisation_id","target_id","id");--> statement-breakpoint
CREATE INDEX "audit_of_tenant" ON "audit" USING btree ("organisation_id","tenant_id","id");--> statement-breakpoint
CREATE INDEX "audit_of_key" ON "audit" USING btree ("organisation_id","api_key_id","id");--> statement-breakpoint
CREATE FUNCTION "audit_is_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege'; END $$;--> statement-breakpoint
CREATE TRIGGER "audit_is_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit" FOR EACH STATEMENT EXECUTE FUNCTION "audit_is_append_only"();
