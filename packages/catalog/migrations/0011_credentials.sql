CREATE TABLE "credentials" (
	"id" text PRIMARY KEY NOT NULL,
	"endpoint_id" text NOT NULL,
	"role" text NOT NULL,
	"verifier" text NOT NULL,
	"api_key_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "credentials_id" CHECK ("credentials"."id" ~ '^cred_[0-9a-z]{20}$'),
	CONSTRAINT "credentials_verifier" CHECK ("credentials"."verifier" like 'SCRAM-SHA-256$%'),
	CONSTRAINT "credentials_expires" CHECK ("credentials"."expires_at" > "credentials"."created_at")
);
--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_api_key_id_api_keys_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_keys"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_role" FOREIGN KEY ("endpoint_id","role") REFERENCES "public"."roles"("endpoint_id","name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "credentials_of_role" ON "credentials" USING btree ("endpoint_id","role");--> statement-breakpoint
CREATE INDEX "credentials_page" ON "credentials" USING btree ("endpoint_id","created_at","id");--> statement-breakpoint
CREATE INDEX "credentials_expired" ON "credentials" USING btree ("expires_at");