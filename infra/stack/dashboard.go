package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"convoc/infra/wiring"
)

// addDashboard shows on one page whether mails leave, whether people are answered, and what waits.
func (d *deployment) addDashboard() {
	var errors, durations, waiting, dead, consumed []awscloudwatch.IMetric
	for _, f := range wiring.Functions {
		errors = append(errors, d.functions[f.Name].MetricErrors(labelled(f.Name, "Sum")))
		durations = append(durations, d.functions[f.Name].MetricDuration(labelled(f.Name, "p99")))
		if q, wakes := d.queues[f.Name]; wakes {
			waiting = append(waiting, q.bells.MetricApproximateAgeOfOldestMessage(labelled(f.Name, "Maximum")))
		}
	}
	for _, q := range d.deadLetters {
		dead = append(dead, q.MetricApproximateNumberOfMessagesVisible(labelled(q.of, "Maximum")))
	}
	for _, r := range wiring.Tables {
		for _, kind := range []string{"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"} {
			consumed = append(consumed, metric("AWS/DynamoDB", kind, "Sum", 5, "TableName", d.tables[r].TableName()))
		}
	}
	mails := []awscloudwatch.IMetric{
		metric("AWS/SES", "Send", "Sum", 5), metric("AWS/SES", "Delivery", "Sum", 5), metric("AWS/SES", "Bounce", "Sum", 5),
		metric("AWS/SES", "Complaint", "Sum", 5),
	}
	answers := []awscloudwatch.IMetric{d.apiMetric("Count", "Sum"), d.apiMetric("4xx", "Sum"), d.apiMetric("5xx", "Sum")}
	latency := []awscloudwatch.IMetric{d.apiMetric("Latency", "p50"), d.apiMetric("Latency", "p99")}
	awscloudwatch.NewDashboard(d.stack, new("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: new(d.name("overview")),
		Widgets: &[]*[]awscloudwatch.IWidget{
			{graph("Mails", mails), graph("Seconds that the oldest message waits", waiting), graph("Dead letters", dead)},
			{graph("Answers of the API", answers), graph("Milliseconds of the API", latency), graph("Errors of functions", errors)},
			{graph("Milliseconds of functions", durations), graph("Units of the tables", consumed)},
		},
	})
}

func labelled(label, statistic string) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Label: new(label), Statistic: new(statistic)}
}

func graph(title string, metrics []awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{Title: new(title), Width: new(8.0), Height: new(6.0), Left: &metrics})
}
