CREATE TABLE "usage_hours" (
	"endpoint_id" text NOT NULL,
	"hour" timestamp (3) with time zone NOT NULL,
	"clients_peak" integer NOT NULL,
	"client_seconds" double precision NOT NULL,
	"server_connection_seconds" double precision NOT NULL,
	"transactions" bigint NOT NULL,
	"queries" bigint NOT NULL,
	"bytes_received" bigint NOT NULL,
	"bytes_sent" bigint NOT NULL,
	"wait_seconds" double precision NOT NULL,
	CONSTRAINT "usage_hours_endpoint_id_hour_pk" PRIMARY KEY("endpoint_id","hour"),
	CONSTRAINT "usage_hours_hour" CHECK (date_trunc('hour', "usage_hours"."hour", 'UTC') = "usage_hours"."hour"),
	CONSTRAINT "usage_hours_counters" CHECK (least("usage_hours"."clients_peak", "usage_hours"."client_seconds", "usage_hours"."server_connection_seconds", "usage_hours"."transactions", "usage_hours"."queries", "usage_hours"."bytes_received", "usage_hours"."bytes_sent", "usage_hours"."wait_seconds") >= 0)
);
--> statement-breakpoint
CREATE TABLE "usage_readings" (
	"endpoint_id" text NOT NULL,
	"process_id" text NOT NULL,
	"counted_since" timestamp (3) with time zone NOT NULL,
	"read_at" timestamp (3) with time zone NOT NULL,
	"client_seconds" double precision NOT NULL,
	"server_connection_seconds" double precision NOT NULL,
	"transactions" bigint NOT NULL,
	"queries" bigint NOT NULL,
	"bytes_received" bigint NOT NULL,
	"bytes_sent" bigint NOT NULL,
	"wait_seconds" double precision NOT NULL,
	CONSTRAINT "usage_readings_endpoint_id_process_id_counted_since_pk" PRIMARY KEY("endpoint_id","process_id","counted_since")
);
--> statement-breakpoint
ALTER TABLE "usage_hours" ADD CONSTRAINT "usage_hours_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_readings" ADD CONSTRAINT "usage_readings_endpoint_id_endpoints_id_fk" FOREIGN KEY ("endpoint_id") REFERENCES "public"."endpoints"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "usage_hours_old" ON "usage_hours" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "usage_readings_old" ON "usage_readings" USING btree ("read_at");