package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"

	"convoc/infra/wiring"
)

// addSchedules calls the scheduled functions every minute. A minute that is missed is not made up for: the agenda keeps
// what was due.
func (d *deployment) addSchedules() {
	for _, f := range wiring.Functions {
		if f.Trigger != wiring.Schedule {
			continue
		}
		dead := d.deadLetterQueue(f.Name)
		rights := []awsiam.PolicyStatement{
			allow([]string{"lambda:InvokeFunction"}, *d.functions[f.Name].FunctionArn()),
			allow([]string{"sqs:SendMessage"}, *dead.QueueArn()),
		}
		role := awsiam.NewRole(d.stack, new(id("schedules", f.Name)), &awsiam.RoleProps{
			Description: new("calls " + f.Name + " every minute"),
			AssumedBy: awsiam.NewServicePrincipal(new("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
				Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.stack.Account()}},
			}),
			InlinePolicies: &map[string]awsiam.PolicyDocument{"rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &rights,
			})},
		})
		awsscheduler.NewCfnSchedule(d.stack, new(id("schedule", f.Name)), &awsscheduler.CfnScheduleProps{
			Name: new(d.name(f.Name)), Description: new(f.Does), ScheduleExpression: new("rate(1 minute)"),
			State:              new(d.running()),
			FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: new("OFF")},
			Target: &awsscheduler.CfnSchedule_TargetProperty{
				Arn: d.functions[f.Name].FunctionArn(), RoleArn: role.RoleArn(), Input: new("{}"),
				RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
					MaximumEventAgeInSeconds: new(60.0), MaximumRetryAttempts: new(0.0),
				},
				DeadLetterConfig: &awsscheduler.CfnSchedule_DeadLetterConfigProperty{Arn: dead.QueueArn()},
			},
		})
	}
}

// running is the state of what wakes those who send.
func (d *deployment) running() string {
	if d.Paused {
		return "DISABLED"
	}
	return "ENABLED"
}
