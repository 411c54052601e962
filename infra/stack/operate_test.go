package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/wiring"
)

func TestAccessLogHoldsNoPath(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		stage := main.one(t, "Stage")
		var fields map[string]string
		if err := json.Unmarshal([]byte(at(stage.Properties, "AccessLogSettings.Format").(string)), &fields); err != nil {
			t.Fatal(err)
		}
		want := []string{"$context.requestId", "$context.responseLatency", "$context.responseLength", "$context.routeKey", "$context.status"}
		if got := slices.Sorted(maps.Values(fields)); !slices.Equal(got, want) {
			t.Errorf("logged %q", got)
		}
		stage.is(t, "StageName", `"$default"`) // another one would be part of the path
		stage.is(t, "DefaultRouteSettings", `{"ThrottlingBurstLimit":1000,"ThrottlingRateLimit":500}`)
		stage.is(t, "RouteSettings", "null")
		main.one(t, "API").is(t, "CorsConfiguration", "null")
	})
}

func TestEveryLogEnds(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		logs := main.of(t, "AWS::Logs::LogGroup")
		if len(logs) != len(wiring.Functions)+1 {
			t.Errorf("%d logs for %d functions and the API", len(logs), len(wiring.Functions))
		}
		for _, l := range logs {
			l.is(t, "RetentionInDays", "180")
		}
	})
}

func TestMailIsSignedAndNotTracked(t *testing.T) {
	main := synthesized(t).main
	identity := main.one(t, "MailIdentity")
	identity.is(t, "EmailIdentity", `"exemple.fr"`)
	identity.is(t, "DkimAttributes", `{"SigningEnabled":true}`)
	identity.is(t, "MailFromAttributes", `{"BehaviorOnMxFailure":"USE_DEFAULT_VALUE","MailFromDomain":"retours.exemple.fr"}`)
	set := main.one(t, "ConfigurationSet")
	set.is(t, "Name", `"convoc-production-mail"`)
	set.is(t, "SuppressionOptions", `{"SuppressedReasons":["BOUNCE"]}`)
	set.is(t, "DeliveryOptions", `{"TlsPolicy":"OPTIONAL"}`)
	set.is(t, "ReputationOptions", `{"ReputationMetricsEnabled":true}`)
	set.is(t, "TrackingOptions", "null")
	set.is(t, "VdmOptions", "null")
	events := main.of(t, "AWS::SES::ConfigurationSetEventDestination")
	if len(events) != 1 {
		t.Errorf("%d destinations", len(events))
	}
	main.one(t, "ConfigurationSetEvents").is(t, "EventDestination.MatchingEventTypes",
		`["send","delivery","deliveryDelay","bounce","complaint","reject"]`)
	main.one(t, "FunctionDeliverMail").is(t, "Environment.Variables.CONVOC_MAIL_EVENTS", `"${ConfigurationSet}"`)
}

// What SES says arrives: it may use the key and the topic, and the topic the queue of the function that notes it.
func TestMailEventsReachTheirFunction(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		main.one(t, "ConfigurationSetEvents").is(t, "EventDestination.SnsDestination", `{"TopicARN":"${TopicMailEvents}"}`)
		if lets := written(main.one(t, "TopicMailEventsPolicy").Properties); !strings.Contains(lets, `"Principal":{"Service":"ses.amazonaws.com"}`) ||
			!strings.Contains(lets, `"AWS:SourceAccount":"${AWS::AccountId}"`) {
			t.Errorf("the topic takes %s", lets)
		}
		subscribed := 0
		for _, s := range main.of(t, "AWS::SNS::Subscription") {
			if s.Properties["Protocol"] == "sqs" {
				subscribed++
				s.is(t, "Endpoint", `"${QueueRecordMailEvent.Arn}"`)
				s.is(t, "TopicArn", `"${TopicMailEvents}"`)
				s.is(t, "RawMessageDelivery", "true")
				s.is(t, "RedrivePolicy.deadLetterTargetArn", `"${DeadRecordMailEvent.Arn}"`)
			}
		}
		if subscribed != 1 {
			t.Errorf("%d queues are told", subscribed)
		}
		for _, queue := range []string{"QueueRecordMailEvent", "DeadRecordMailEvent"} {
			takes := `{"Action":"sqs:SendMessage","Condition":{"ArnEquals":{"aws:SourceArn":"${TopicMailEvents}"}},"Effect":"Allow",` +
				`"Principal":{"Service":"sns.amazonaws.com"},"Resource":"${` + queue + `.Arn}"}`
			if lets := written(main.one(t, queue+"Policy").Properties); !strings.Contains(lets, takes) {
				t.Errorf("%s takes %s", queue, lets)
			}
		}
	})
}

// AWS's own key for topics may be used neither by SES nor by CloudWatch: what they say would be lost without a word.
func TestTopicsAreEncryptedWithAKeyThatServicesMayUse(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		key := main.one(t, "TopicsKey")
		key.is(t, "EnableKeyRotation", "true")
		key.is(t, "KeyPolicy.Statement.1.Principal.Service", `["cloudwatch.amazonaws.com","events.amazonaws.com","ses.amazonaws.com"]`)
		key.is(t, "KeyPolicy.Statement.1.Action", `["kms:Decrypt","kms:GenerateDataKey*"]`)
		for name, topic := range main.of(t, "AWS::SNS::Topic") {
			topic.is(t, "KmsMasterKeyId", `"${TopicsKey.Arn}"`)
			if refused := written(main.one(t, name+"Policy").Properties); !strings.Contains(refused, `"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"`) {
				t.Errorf("%s may be used without TLS", name)
			}
		}
		lets := written(main.one(t, "TopicAlarmsPolicy").Properties)
		for _, service := range []string{"cloudwatch", "events"} {
			if !strings.Contains(lets, `"Principal":{"Service":"`+service+`.amazonaws.com"}`) {
				t.Errorf("%s may not tell the operator: %s", service, lets)
			}
		}
	})
}

// alarms gives them by the end of their names: « deliver-mail-errors ».
func alarms(t *testing.T, main template, stage string) map[string]resource {
	t.Helper()
	all := map[string]resource{}
	for _, a := range main.of(t, "AWS::CloudWatch::Alarm") {
		name := strings.TrimPrefix(a.Properties["AlarmName"].(string), "convoc-"+stage+"-")
		if all[name].Properties != nil {
			t.Errorf("two alarms %s", name)
		}
		all[name] = a
	}
	return all
}

func TestOperatorIsToldOfEverythingThatGoesWrong(t *testing.T) {
	a := synthesized(t)
	for main, stage := range map[*template]string{&a.main: "production", &a.trial: "essai"} {
		var want []string
		for _, f := range wiring.Functions {
			want = append(want, f.Name+"-errors", f.Name+"-throttles", f.Name+"-slow")
			switch f.Trigger {
			case wiring.Queue, wiring.Files, wiring.Mails:
				want = append(want, f.Name+"-late", f.Name+"-dead-letter")
			case wiring.Schedule:
				want = append(want, f.Name+"-silent", f.Name+"-dead-letter")
			}
		}
		for _, r := range wiring.Tables {
			want = append(want, string(r)+"-read-throttles", string(r)+"-write-throttles")
		}
		want = append(want, "api-errors", "mail-bounces", "mail-complaints", "mail-refused")
		got := alarms(t, *main, stage)
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: alarms (-wanted +made)\n%s", stage, diff)
		}
		for name, alarm := range got {
			alarm.is(t, "AlarmActions", `["${TopicAlarms}"]`)
			if !strings.Contains(alarm.Properties["AlarmDescription"].(string), "infra/RUNBOOK.md") {
				t.Errorf("%s does not say where to read on", name)
			}
		}
		for _, s := range main.of(t, "AWS::SNS::Subscription") {
			if s.Properties["Protocol"] == "email" {
				s.is(t, "TopicArn", `"${TopicAlarms}"`)
				s.is(t, "Endpoint", `"exploitation@exemple.fr"`)
			}
		}
	}
}

// RUNBOOK.md has a paragraph for each kind of alarm, and none for one that is not made.
func TestRunbookKnowsEveryAlarm(t *testing.T) {
	raw, err := os.ReadFile("../RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "## Alarms\n")
	section, _, _ = strings.Cut(section, "\n## ")
	told := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### ([a-z-]+)$`).FindAllStringSubmatch(section, -1) {
		told[m[1]] = true
	}
	kind := regexp.MustCompile(`\(infra/RUNBOOK.md: ([a-z-]+)\)$`)
	made := map[string]bool{}
	for name, alarm := range alarms(t, synthesized(t).main, "production") {
		m := kind.FindStringSubmatch(alarm.Properties["AlarmDescription"].(string))
		if m == nil {
			t.Fatalf("%s names no paragraph", name)
		}
		made[m[1]] = true
	}
	if diff := cmp.Diff(made, told); diff != "" {
		t.Errorf("kinds of alarms (-made +in RUNBOOK.md)\n%s", diff)
	}
}

func TestAlarmsWatchTheRightThing(t *testing.T) {
	all := alarms(t, synthesized(t).main, "production")
	for name, want := range map[string]string{
		"deliver-mail-dead-letter":      `ApproximateNumberOfMessagesVisible ${DeadDeliverMail.QueueName} >= 1 notBreaching`,
		"record-mail-event-dead-letter": `ApproximateNumberOfMessagesVisible ${DeadRecordMailEvent.QueueName} >= 1 notBreaching`,
		"record-mail-event-late":        `ApproximateAgeOfOldestMessage ${QueueRecordMailEvent.QueueName} >= 900 notBreaching`,
		"sweep-dead-letter":             `ApproximateNumberOfMessagesVisible ${DeadSweep.QueueName} >= 1 notBreaching`,
		"dispatch-errors":               `Errors ${FunctionDispatch} >= 1 notBreaching`,
		"dispatch-throttles":            `Throttles ${FunctionDispatch} >= 1 notBreaching`,
		"dispatch-slow":                 `Duration ${FunctionDispatch} >= 54000 notBreaching`,
		"dispatch-late":                 `ApproximateAgeOfOldestMessage ${QueueDispatch.QueueName} >= 900 notBreaching`,
		"sweep-silent":                  `Invocations ${FunctionSweep} < 1 breaching`,
		"sweep-errors":                  `Errors ${FunctionSweep} >= 3 notBreaching`,
		"agenda-write-throttles":        `WriteThrottleEvents ${TableAgenda} >= 10 notBreaching`,
		"api-errors":                    `5xx ${API} >= 5 notBreaching`,
		"mail-bounces":                  `Reputation.BounceRate <nil> >= 0.04 notBreaching`,
		"mail-complaints":               `Reputation.ComplaintRate <nil> >= 0.0008 notBreaching`,
		"view-convocation-throttles":    `Throttles ${FunctionViewConvocation} >= 1 notBreaching`,
	} {
		a := all[name].Properties
		sign := map[any]string{"GreaterThanOrEqualToThreshold": ">=", "LessThanThreshold": "<"}[a["ComparisonOperator"]]
		got := fmt.Sprintf("%v %v %s %v %v", a["MetricName"], at(a, "Dimensions.0.Value"), sign, a["Threshold"], a["TreatMissingData"])
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// GuardDuty scans documents, marks them, and the operator hears of a find. Whoever signs downloads is denied marked ones
// (TestRolesAllowWhatTheTableSaysAndNothingElse).
func TestDocumentsAreScanned(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		plan := main.one(t, "MalwareProtection")
		plan.is(t, "ProtectedResource", `{"S3Bucket":{"BucketName":"${Files}"}}`)
		plan.is(t, "Actions", `{"Tagging":{"Status":"ENABLED"}}`)
		plan.is(t, "Role", `"${Scanner.Arn}"`)
		main.one(t, "Scanner").is(t, "AssumeRolePolicyDocument.Statement.0.Principal", `{"Service":"malware-protection-plan.guardduty.amazonaws.com"}`)
		found := main.one(t, "MalwareFound")
		found.is(t, "EventPattern.detail", `{"s3ObjectDetails":{"bucketName":["${Files}"]},"scanResultDetails":{"scanResultStatus":["THREATS_FOUND"]}}`)
		found.is(t, "Targets.0.Arn", `"${TopicAlarms}"`)
		for name := range main.of(t, "AWS::IAM::Role") {
			for _, pair := range may(statementsOf(t, main, name)) {
				if name != "Scanner" && strings.Contains(pair, "Put") && strings.Contains(pair, "Tagging") {
					t.Errorf("%s may change the mark: %s", name, pair)
				}
			}
		}
	})
}
