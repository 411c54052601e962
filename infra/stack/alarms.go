package stack

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"

	"convoc/infra/wiring"
)

// alarm is one thing that the operator must know. Its name ends in what is wrong: RUNBOOK.md has a paragraph for each.
type alarm struct {
	of, what  string // function or service, and what is wrong with it: « deliver-mail », « errors »
	why       string // what it means to the people of the product
	metric    awscloudwatch.IMetric
	threshold float64
	below     bool // it is wrong to be below the threshold, and so is to say nothing; otherwise to reach it
	periods   int  // in a row; 0: one
}

// addAlarms makes all alarms and leads them to the operator.
func (d *deployment) addAlarms() {
	for _, f := range wiring.Functions {
		d.alarm(d.functionAlarms(f)...)
	}
	d.alarm(d.queueAlarms()...)
	for _, r := range wiring.Tables {
		for _, kind := range []string{"Read", "Write"} {
			d.alarm(alarm{
				of: string(r), what: throttles(kind), threshold: 10, why: "the table refuses calls: people wait",
				metric: metric("AWS/DynamoDB", kind+"ThrottleEvents", "Sum", 5, "TableName", d.tables[r].TableName()),
			})
		}
	}
	d.alarm(
		alarm{
			of: "api", what: "errors", threshold: 5, why: "the API answers 5xx: somebody sees an error page",
			metric: d.apiMetric("5xx", "Sum"),
		},
		// SES puts an account under review at 5 % and 0.1 %, and may pause it at 10 % and 0.5 %
		alarm{
			of: "mail", what: "bounces", threshold: 0.04, why: "too many mails come back: SES may pause all sending",
			metric: metric("AWS/SES", "Reputation.BounceRate", "Maximum", 60),
		},
		alarm{
			of: "mail", what: "refused", threshold: 1, why: "SES takes nothing: suspended, in its sandbox, or without the right",
			metric: metric(ownMetrics, d.name(refusals), "Sum", 5),
		},
		alarm{
			of: "mail", what: "complaints", threshold: 0.0008, why: "too many complaints: SES may pause all sending",
			metric: metric("AWS/SES", "Reputation.ComplaintRate", "Maximum", 60),
		},
	)
}

func throttles(kind string) string {
	if kind == "Read" {
		return "read-throttles"
	}
	return "write-throttles"
}

// functionAlarms are those that every function has.
func (d *deployment) functionAlarms(f wiring.Function) []alarm {
	fn := d.functions[f.Name]
	options := func(statistic string, minutes float64) *awscloudwatch.MetricOptions {
		return &awscloudwatch.MetricOptions{Statistic: new(statistic), Period: awscdk.Duration_Minutes(new(minutes))}
	}
	all := []alarm{
		{
			of: f.Name, what: "errors", threshold: tolerated(f), why: "the function fails: " + f.Does,
			metric: fn.MetricErrors(options("Sum", 5)),
		},
		{
			of: f.Name, what: "throttles", threshold: 1, why: "the account has no more concurrency for it",
			metric: fn.MetricThrottles(options("Sum", 5)),
		},
		{
			of: f.Name, what: "slow", threshold: 0.9 * float64(f.Timeout.Milliseconds()), why: "it nearly ran out of its time",
			metric: fn.MetricDuration(options("Maximum", 5)),
		},
	}
	if f.Trigger == wiring.Schedule {
		all = append(all, alarm{
			of: f.Name, what: "silent", threshold: 1, below: true, periods: 2, why: "nothing brings round what is due",
			metric: fn.MetricInvocations(options("Sum", 5)),
		})
	}
	return all
}

// tolerated errors in five minutes. What the sweeper could not do comes again a minute later; what fails three times is
// wrong.
func tolerated(f wiring.Function) float64 {
	if f.Trigger == wiring.Schedule {
		return 3
	}
	return 1
}

// queueAlarms: nothing stays among the dead letters unseen, and no bell waits.
func (d *deployment) queueAlarms() []alarm {
	var all []alarm
	for _, q := range d.deadLetters {
		all = append(all, alarm{
			of: q.of, what: "dead-letter", threshold: 1, why: "a message could not be answered",
			metric: q.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
				Statistic: new("Maximum"), Period: awscdk.Duration_Minutes(new(1.0)),
			}),
		})
	}
	for _, f := range wiring.Functions {
		if q, wakes := d.queues[f.Name]; wakes {
			all = append(all, alarm{
				of: f.Name, what: "late", threshold: 900, periods: 2, why: "messages wait longer than a quarter of an hour",
				metric: q.bells.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{
					Statistic: new("Maximum"), Period: awscdk.Duration_Minutes(new(5.0)),
				}),
			})
		}
	}
	return all
}

func (d *deployment) alarm(all ...alarm) {
	for _, a := range all {
		props := &awscloudwatch.AlarmProps{
			AlarmName:        new(d.name(a.of + "-" + a.what)),
			AlarmDescription: new(fmt.Sprintf("%s (infra/RUNBOOK.md: %s)", a.why, a.what)),
			Metric:           a.metric, Threshold: new(a.threshold), EvaluationPeriods: new(float64(max(1, a.periods))),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		}
		if a.below {
			props.ComparisonOperator = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
			props.TreatMissingData = awscloudwatch.TreatMissingData_BREACHING
		}
		awscloudwatch.NewAlarm(d.stack, new(id("alarm", a.of)+title(a.what)), props).AddAlarmAction(
			awscloudwatchactions.NewSnsAction(d.alarms))
	}
}

// metric is one of a service's, over some minutes; dimension and its value may be left out.
func metric(namespace, name, statistic string, minutes float64, dimension ...any) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace: new(namespace), MetricName: new(name), Statistic: new(statistic), Period: awscdk.Duration_Minutes(new(minutes)),
	}
	if len(dimension) == 2 {
		props.DimensionsMap = &map[string]*string{dimension[0].(string): dimension[1].(*string)}
	}
	return awscloudwatch.NewMetric(props)
}

func (d *deployment) apiMetric(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/ApiGateway", name, statistic, 5, "ApiId", d.api.ApiId())
}
