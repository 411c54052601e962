package stack

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"

	"convoc/infra/stack/roots"
	"convoc/infra/wiring"
)

// logDays: six months, the least that the CNIL advises for journals of access.
const logDays = awslogs.RetentionDays_SIX_MONTHS

// addFunctions makes every function of the wiring table.
//
// None has a concurrency of its own reserved: a young account has ten in all and refuses any reservation; queues are
// held back by the concurrency of their mapping instead.
func (d *deployment) addFunctions() {
	for _, f := range wiring.Functions {
		fn := d.function(f)
		d.functions[f.Name] = fn
		if q, wakes := d.queues[f.Name]; wakes {
			awslambda.NewEventSourceMapping(d.stack, new(id("wakes", f.Name)), &awslambda.EventSourceMappingProps{
				Target: fn, EventSourceArn: q.bells.QueueArn(), BatchSize: new(float64(max(1, f.Batch))),
				MaxConcurrency: new(float64(concurrently)), ReportBatchItemFailures: new(true),
				Enabled: new(!d.Paused || f.Trigger != wiring.Queue), // what has happened is noted all the same
			})
		}
	}
}

func (d *deployment) function(f wiring.Function) awslambda.Function {
	log := awslogs.NewLogGroup(d.stack, new(id("log", f.Name)), &awslogs.LogGroupProps{
		LogGroupName: new("/aws/lambda/" + d.name(f.Name)), Retention: logDays, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	if f.Sends() {
		d.countRefusals(f, log)
	}
	role := d.role(f, log)
	if d.CollectivityRoles {
		d.collectivityRole(f, role)
	}
	props := &awslambda.FunctionProps{
		FunctionName: new(d.name(f.Name)), Description: new(f.Does),
		Runtime: awslambda.Runtime_PROVIDED_AL2023(), Architecture: awslambda.Architecture_ARM_64(), Handler: new("bootstrap"),
		Code:       awslambda.Code_FromAsset(new(filepath.Join(d.Functions, f.Name)), nil),
		MemorySize: new(float64(f.Memory)), Timeout: seconds(f.Timeout.Seconds()),
		// what other constructs would add to the role does not come in: its row says it all
		Role:        role.WithoutPolicyUpdates(nil),
		Environment: d.environment(f), LogGroup: log, Tracing: awslambda.Tracing_DISABLED,
	}
	if f.Trigger == wiring.Schedule { // the next minute comes by itself
		props.RetryAttempts, props.MaxEventAge = new(0.0), seconds(60)
	}
	return awslambda.NewFunction(d.stack, new(id("function", f.Name)), props)
}

// The metric that counts how often the mail service was found unusable: package telemetry writes one line for each change.
const (
	ownMetrics = "Convoc"
	refusals   = "refusals"
)

func (d *deployment) countRefusals(f wiring.Function, log awslogs.LogGroup) {
	awslogs.NewMetricFilter(d.stack, new(id("refusals", f.Name)), &awslogs.MetricFilterProps{
		LogGroup: log, MetricNamespace: new(ownMetrics), MetricName: new(d.name(refusals)), MetricValue: new("1"),
		FilterPattern: awslogs.FilterPattern_Literal(new(`{ $.msg = "relay" && $.level = "ERROR" }`)),
	})
}

// role is one function's: its rights, and to write its own log.
func (d *deployment) role(f wiring.Function, log awslogs.LogGroup) awsiam.Role {
	statements := append(d.rights(f), allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, *log.LogGroupArn()))
	return awsiam.NewRole(d.stack, new(id("role", f.Name)), &awsiam.RoleProps{
		Description: new(f.Name + ": " + f.Does),
		AssumedBy:   awsiam.NewServicePrincipal(new("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &statements,
		})},
	})
}

// collectivityRole is what a function takes for one collectivité at a time, which it names in the session's one tag: nine
// digits, a SIREN. Nobody else takes it, and nobody without that tag.
func (d *deployment) collectivityRole(f wiring.Function, by awsiam.Role) {
	statements := d.collectivityRights(f)
	awsiam.NewRole(d.stack, new(id("role-collectivity", f.Name)), &awsiam.RoleProps{
		RoleName: new(d.collectivityRoleName(f)), Description: new(f.Name + ": one collectivity at a time"),
		AssumedBy: awsiam.NewPrincipalWithConditions(awsiam.NewArnPrincipal(by.RoleArn()), &map[string]any{
			"StringLike":                map[string]any{"aws:RequestTag/collectivity": "?????????"},
			"ForAllValues:StringEquals": map[string]any{"aws:TagKeys": []string{"collectivity"}},
		}).WithSessionTags(),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &statements,
		})},
	})
}

// collectivityRoleName is a name of ours: two roles that name each other could not be made otherwise.
func (d *deployment) collectivityRoleName(f wiring.Function) string {
	return d.name(f.Name + "-collectivity")
}

func (d *deployment) collectivityRoleARN(f wiring.Function) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s", *d.stack.Account(), d.collectivityRoleName(f))
}

// environment is what package config reads for a function of such a row, and nothing else.
// undo is how long « Envoyer » can be taken back.
const undo = 30 * time.Second

func (d *deployment) environment(f wiring.Function) *map[string]*string {
	env := map[string]*string{
		// Go reads both: the directory would bring back the 140 authorities of the image
		"SSL_CERT_FILE": new("/var/task/" + roots.Name), "SSL_CERT_DIR": new("/var/task/no-others"),
	}
	for _, r := range wiring.Tables {
		if len(f.May[r]) > 0 {
			env["CONVOC_TABLE_"+strings.ToUpper(string(r))] = d.tables[r].TableName()
		}
	}
	env["CONVOC_COLLECTIVITY_ROLE"] = new("none")
	if d.CollectivityRoles {
		env["CONVOC_COLLECTIVITY_ROLE"] = new(d.collectivityRoleARN(f))
	}
	if len(f.May[wiring.Store]) > 0 {
		env["CONVOC_FILES_BUCKET"] = d.files.BucketName()
	}
	if f.Trigger == wiring.HTTP {
		env["CONVOC_ORIGIN"], env["CONVOC_FILES_ORIGIN"] = new(d.origin()), new(d.filesOrigin())
		env["CONVOC_ORIGIN_SECRET"] = d.originSecret
	}
	if f.Sends() && f.Trigger == wiring.Queue { // of a mail that somebody follows
		env["CONVOC_MAIL_EVENTS"], env["CONVOC_ORIGIN"] = new(d.mail.configurationSet), new(d.origin())
	}
	if f.Sends() || f.ShowsLetters {
		env["CONVOC_FROM"] = new(d.From)
	}
	if f.ShowsLetters {
		env["CONVOC_UNDO"] = new(undo.String())
	}
	for _, other := range f.Rings {
		name := strings.ToUpper(strings.ReplaceAll(other, "-", "_"))
		env["CONVOC_QUEUE_"+name] = d.queues[other].bells.QueueUrl()
	}
	return &env
}
