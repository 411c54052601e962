package stack

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/infra/wiring"
)

// Nothing of ours runs in the account but the functions of the table, each as its row says.
func TestEachFunctionIsItsRow(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		functions := main.of(t, "AWS::Lambda::Function")
		if len(functions) != len(wiring.Functions) {
			t.Errorf("%d functions, %d rows", len(functions), len(wiring.Functions))
		}
		for _, f := range wiring.Functions {
			r := main.one(t, id("function", f.Name))
			r.is(t, "Runtime", `"provided.al2023"`)
			r.is(t, "Architectures", `["arm64"]`)
			r.is(t, "MemorySize", strconv.Itoa(f.Memory))
			r.is(t, "Timeout", strconv.Itoa(int(f.Timeout.Seconds())))
			r.is(t, "Role", written("${"+id("role", f.Name)+".Arn}"))
			r.is(t, "LoggingConfig.LogGroup", written("${"+id("log", f.Name)+"}"))
			r.is(t, "TracingConfig", "null")
			if main.one(t, id("log", f.Name)).Properties["LogGroupName"] != "/aws/lambda/"+r.Properties["FunctionName"].(string) {
				t.Errorf("%s writes to a log that is not named after it", f.Name)
			}
		}
	})
}

func TestEachRouteOfTheTableIsInTheAPI(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		integrations := main.of(t, "AWS::ApiGatewayV2::Integration")
		got := map[string]string{}
		for _, r := range main.of(t, "AWS::ApiGatewayV2::Route") {
			target := strings.TrimSuffix(strings.TrimPrefix(r.Properties["Target"].(string), "integrations/${"), "}")
			got[r.Properties["RouteKey"].(string)] = integrations[target].Properties["IntegrationUri"].(string)
			r.is(t, "AuthorizationType", `"NONE"`) // the functions authorise
		}
		want := map[string]string{}
		for _, f := range wiring.Functions {
			for _, pattern := range f.Routes {
				arn := "${" + id("function", f.Name) + ".Arn}"
				switch method, path, both := strings.Cut(pattern, " "); {
				case !both:
					want["ANY "+pattern+"{proxy+}"] = arn
				case method == "GET":
					want["GET "+path], want["HEAD "+path] = arn, arn
				default:
					want[pattern] = arn
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("routes (-table +stack)\n%s", diff)
		}
		for name, r := range integrations {
			r.is(t, "PayloadFormatVersion", `"2.0"`)
			r.is(t, "IntegrationType", `"AWS_PROXY"`)
			if r.Properties["CredentialsArn"] != nil {
				t.Errorf("%s calls as somebody", name)
			}
		}
	})
}

func TestPatternThatAnAPICannotSayStopsTheStack(t *testing.T) {
	for _, pattern := range []string{"/{rest...}", "GET /c/{rest...}", "GET /c/", "/c/{token}/", "/c", "GET /c/{$}"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", pattern)
				}
			}()
			gatewayRoute(pattern)
		}()
	}
}

// A restored table begins paused: nothing wakes those who send, and what happens by itself is noted all the same.
func TestPausedNobodySends(t *testing.T) {
	a := synthesized(t)
	for _, f := range wiring.Functions {
		switch f.Trigger {
		case wiring.Queue:
			a.trial.one(t, id("wakes", f.Name)).is(t, "Enabled", "false")
			a.main.one(t, id("wakes", f.Name)).is(t, "Enabled", "true")
		case wiring.Files, wiring.Mails:
			a.trial.one(t, id("wakes", f.Name)).is(t, "Enabled", "true")
		case wiring.Schedule:
			a.trial.one(t, id("schedule", f.Name)).is(t, "State", `"DISABLED"`)
			a.main.one(t, id("schedule", f.Name)).is(t, "State", `"ENABLED"`)
		}
	}
}

func TestEachQueueOfTheTableWakesItsFunction(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		mappings := main.of(t, "AWS::Lambda::EventSourceMapping")
		woken := 0
		for _, f := range wiring.Functions {
			if !f.Trigger.Queued() {
				continue
			}
			woken++
			r := main.one(t, id("wakes", f.Name))
			r.is(t, "EventSourceArn", written("${"+id("queue", f.Name)+".Arn}"))
			r.is(t, "FunctionName", written("${"+id("function", f.Name)+"}"))
			r.is(t, "BatchSize", strconv.Itoa(max(1, f.Batch)))
			r.is(t, "FunctionResponseTypes", `["ReportBatchItemFailures"]`)
			if n, _ := at(r.Properties, "ScalingConfig.MaximumConcurrency").(float64); n < 2 {
				t.Errorf("%s: %v at a time, and Lambda takes no less than 2", f.Name, n)
			}
			if f.Timeout.Seconds()*6 > visibility {
				t.Errorf("%s may run %s: a message would come again while it is answered", f.Name, f.Timeout)
			}
		}
		if woken != len(mappings) {
			t.Errorf("%d mappings for %d functions that messages wake", len(mappings), woken)
		}
	})
}

func TestEachScheduledFunctionIsCalledEveryMinute(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		scheduled := 0
		for _, f := range wiring.Functions {
			if f.Trigger != wiring.Schedule {
				continue
			}
			scheduled++
			r := main.one(t, id("schedule", f.Name))
			r.is(t, "ScheduleExpression", `"rate(1 minute)"`)
			r.is(t, "Target.Arn", written("${"+id("function", f.Name)+".Arn}"))
			r.is(t, "Target.DeadLetterConfig.Arn", written("${"+id("dead", f.Name)+".Arn}"))
			role := main.one(t, id("schedules", f.Name))
			role.is(t, "Policies.0.PolicyDocument.Statement.0.Resource", written("${"+id("function", f.Name)+".Arn}"))
			role.is(t, "AssumeRolePolicyDocument.Statement.0.Principal.Service", `"scheduler.amazonaws.com"`)
		}
		if got := len(main.of(t, "AWS::Scheduler::Schedule")); got != scheduled {
			t.Errorf("%d schedules, the table has %d", got, scheduled)
		}
	})
}

// What arrives in the store reaches the functions that wait for files, and only through their queue.
func TestUploadsAreTold(t *testing.T) {
	synthesized(t).both(t, func(t *testing.T, main template) {
		main.one(t, "Files").is(t, "NotificationConfiguration", `{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}`)
		for _, f := range wiring.Functions {
			if f.Trigger != wiring.Files {
				continue
			}
			rule := main.one(t, id("stored", f.Name))
			rule.is(t, "EventPattern", `{"detail":{"bucket":{"name":["${Files}"]}},"detail-type":["Object Created"],"source":["aws.s3"]}`)
			rule.is(t, "Targets.0.Arn", written("${"+id("queue", f.Name)+".Arn}"))
			rule.is(t, "Targets.0.DeadLetterConfig.Arn", written("${"+id("dead", f.Name)+".Arn}"))
			lets := main.one(t, id("queue", f.Name)+"Policy")
			if !strings.Contains(written(lets.Properties), `"aws:SourceArn":"${`+id("stored", f.Name)+`.Arn}"`) {
				t.Errorf("the queue of %s does not take what the rule sends: %s", f.Name, written(lets.Properties))
			}
		}
	})
}
