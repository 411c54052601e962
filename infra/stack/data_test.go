package stack

import (
	"fmt"
	"strings"
	"testing"

	"convoc/infra/wiring"
)

func TestTablesComeBackAndAreNotDeletedByMistake(t *testing.T) {
	a := synthesized(t)
	a.both(t, func(t *testing.T, main template) {
		if got := len(main.of(t, "AWS::DynamoDB::Table")); got != len(wiring.Tables) {
			t.Errorf("%d tables", got)
		}
		for _, r := range wiring.Tables {
			table := main.one(t, id("table", r))
			table.is(t, "KeySchema", `[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]`)
			table.is(t, "AttributeDefinitions", `[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}]`)
			table.is(t, "BillingMode", `"PAY_PER_REQUEST"`)
			table.is(t, "PointInTimeRecoverySpecification", `{"PointInTimeRecoveryEnabled":true,"RecoveryPeriodInDays":35}`)
			table.is(t, "TimeToLiveSpecification", `{"AttributeName":"ttl","Enabled":true}`)
			table.is(t, "SSESpecification", "null") // encrypted with the service's own key
		}
	})
	for _, r := range wiring.Tables {
		a.main.one(t, id("table", r)).is(t, "DeletionProtectionEnabled", "true")
		a.trial.one(t, id("table", r)).is(t, "DeletionProtectionEnabled", "false")
	}
}

// What holds data outlives the stack in production, and elsewhere goes with it.
func TestDataOutlivesTheStackInProductionOnly(t *testing.T) {
	a := synthesized(t)
	for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::S3::Bucket"} {
		for name, r := range a.main.of(t, kind) {
			if r.DeletionPolicy != "Retain" {
				t.Errorf("production: %s is deleted with the stack", name)
			}
		}
		for name, r := range a.trial.of(t, kind) {
			if r.DeletionPolicy != "Delete" {
				t.Errorf("another stage: %s stays", name)
			}
		}
	}
}

func TestBucketsArePrivate(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		buckets := main.of(t, "AWS::S3::Bucket")
		if len(buckets) != 3 {
			t.Errorf("%d buckets", len(buckets))
		}
		for name, b := range buckets {
			b.is(t, "PublicAccessBlockConfiguration",
				`{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}`)
			b.is(t, "OwnershipControls", `{"Rules":[{"ObjectOwnership":"BucketOwnerEnforced"}]}`)
			b.is(t, "BucketEncryption", `{"ServerSideEncryptionConfiguration":[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}`)
			b.is(t, "LoggingConfiguration", "null") // it would hold the signatures of links
			b.is(t, "LifecycleConfiguration.Rules.0.AbortIncompleteMultipartUpload.DaysAfterInitiation", "1")
			refused := written(main.one(t, name+"Policy").Properties)
			for _, condition := range []string{`{"Bool":{"aws:SecureTransport":"false"}}`, `{"NumericLessThan":{"s3:TlsVersion":1.2}}`} {
				want := fmt.Sprintf(`{"Action":"s3:*","Condition":%s,"Effect":"Deny","Principal":{"AWS":"*"},"Resource":["${%s.Arn}","${%s.Arn}/*"]}`,
					condition, name, name)
				if !strings.Contains(refused, want) {
					t.Errorf("%s does not refuse %s: %s", name, condition, refused)
				}
			}
		}
	})
}

func TestDocumentsComeBackWithATableOfTheSameDay(t *testing.T) {
	main := synthesized(t).main
	main.one(t, "Files").is(t, "VersioningConfiguration", `{"Status":"Enabled"}`)
	main.one(t, "Files").is(t, "LifecycleConfiguration.Rules.1.NoncurrentVersionExpiration", `{"NoncurrentDays":35}`)
}

func TestOnlyTheSecretarysPagesMayPostDocuments(t *testing.T) {
	a := synthesized(t)
	for main, origin := range map[*template]string{&a.main: "https://convoc.exemple.fr", &a.trial: "https://essai.convoc.exemple.fr"} {
		main.one(t, "Files").is(t, "CorsConfiguration", fmt.Sprintf(
			`{"CorsRules":[{"AllowedHeaders":["Content-Type"],"AllowedMethods":["GET","POST"],"AllowedOrigins":[%q],"MaxAge":3600}]}`, origin))
		main.one(t, "Proofs").is(t, "CorsConfiguration", "null")
		main.one(t, "Pages").is(t, "CorsConfiguration", "null")
	}
}

func TestProofsAreLocked(t *testing.T) {
	a := synthesized(t)
	for main, days := range map[*template]int{&a.main: proofYears * 365, &a.trial: 1} {
		proofs := main.one(t, "Proofs")
		proofs.is(t, "ObjectLockEnabled", "true")
		proofs.is(t, "ObjectLockConfiguration", fmt.Sprintf(
			`{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Days":%d,"Mode":"GOVERNANCE"}}}`, days))
		proofs.is(t, "VersioningConfiguration", `{"Status":"Enabled"}`)
	}
}

func TestQueuesLoseNothing(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		for name, q := range main.of(t, "AWS::SQS::Queue") {
			q.is(t, "SqsManagedSseEnabled", "true")
			q.is(t, "FifoQueue", "null")
			refused := written(main.one(t, name+"Policy").Properties)
			if !strings.Contains(refused, `"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"`) {
				t.Errorf("%s may be used without TLS", name)
			}
			dead := strings.HasPrefix(name, "Dead")
			if !dead {
				q.is(t, "VisibilityTimeout", "360")
				q.is(t, "RedrivePolicy", fmt.Sprintf(`{"deadLetterTargetArn":"${Dead%s.Arn}","maxReceiveCount":5}`, strings.TrimPrefix(name, "Queue")))
			}
			if dead || name == "QueueRecordMailEvent" { // nobody says again what is lost there
				q.is(t, "MessageRetentionPeriod", "1209600")
			}
		}
	})
}

func TestRestoredTableTakesTheOthersPlace(t *testing.T) {
	a := synthesized(t)
	sweep := a.trial.one(t, "FunctionSweep")
	sweep.is(t, "Environment.Variables.CONVOC_TABLE_DATA", `"convoc-restored"`)
	sweep.is(t, "Environment.Variables.CONVOC_TABLE_AGENDA", `"${TableAgenda}"`)
	rights := written(a.trial.one(t, "RoleSweep").Properties)
	if !strings.Contains(rights, `:table/convoc-restored"`) || strings.Contains(rights, "${TableData.Arn}") {
		t.Errorf("sweep may %s", rights)
	}
}
