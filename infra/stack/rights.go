package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"convoc/infra/wiring"
)

// tableActions are what IAM calls the calls to a table. A transaction is not an action of its own: IAM asks for each of
// its parts.
var tableActions = map[wiring.Call]string{
	wiring.Get: "dynamodb:GetItem", wiring.Query: "dynamodb:Query", wiring.Put: "dynamodb:PutItem",
	wiring.Update: "dynamodb:UpdateItem", wiring.Delete: "dynamodb:DeleteItem", wiring.Check: "dynamodb:ConditionCheckItem",
	wiring.Batch: "dynamodb:BatchWriteItem",
}

// kept is where documents lie that no form may replace, though the pattern of a form may match them.
const kept = "*/kept/*"

// owner stands in a policy for the collectivité of a session: package config puts it there as the session's tag.
const owner = "${aws:PrincipalTag/collectivity}"

// rights are the statements of a function's own role: the calls of its row and no other, on the resources of its row.
// What belongs to a collectivité is reached in a session of [deployment.collectivityRole] only; without that role, the
// function's own reaches it all.
func (d *deployment) rights(f wiring.Function) []awsiam.PolicyStatement {
	var all []awsiam.PolicyStatement
	if d.CollectivityRoles {
		all = append(all, allow([]string{"sts:AssumeRole", "sts:TagSession"}, d.collectivityRoleARN(f)))
	} else {
		all = append(all, d.collectivityRights(f)...)
	}
	for _, r := range wiring.Tables {
		if calls := f.May[r]; len(calls) > 0 && r != wiring.Data {
			all = append(all, allow(actionsOf(f, calls), *d.tables[r].TableArn()))
		}
	}
	if slices.Contains(f.May[wiring.Store], wiring.Scan) { // a tag tells nothing of what is in a file
		all = append(all, allow([]string{"s3:GetObjectTagging"}, *d.files.ArnForObjects(new("*"))))
	}
	for _, call := range f.May[wiring.Mail] {
		switch call {
		case wiring.Send:
			all = append(all, d.sendRight())
		case wiring.Allowance: // of the account: there is no resource to name
			all = append(all, allow([]string{"ses:GetAccount"}, "*"))
		case wiring.Unblock:
			all = append(all, allow([]string{"ses:DeleteSuppressedDestination"}, "*"))
		default:
			unknown(f, call)
		}
	}
	for _, other := range f.Rings {
		all = append(all, allow([]string{"sqs:SendMessage"}, *d.queues[other].bells.QueueArn()))
	}
	if q, wakes := d.queues[f.Name]; wakes {
		all = append(all, allow([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, *q.bells.QueueArn()))
	}
	return all
}

// collectivityRights are a function's rights to the data and documents of the collectivité of its session; without
// collectivityRole, of all of them.
func (d *deployment) collectivityRights(f wiring.Function) []awsiam.PolicyStatement {
	var all []awsiam.PolicyStatement
	if calls := f.May[wiring.Data]; len(calls) > 0 {
		s := allow(actionsOf(f, calls), *d.tables[wiring.Data].TableArn())
		if d.CollectivityRoles {
			s.AddConditions(ownKeys())
		}
		all = append(all, s)
	}
	for _, call := range f.May[wiring.Store] {
		all = append(all, d.fileRights(f, call)...)
	}
	return all
}

// ownKeys holds a call to partitions of the session's collectivité (DynamoDB Developer Guide, « Using IAM policy
// conditions for fine-grained access control »). ForAllValues holds of no keys at all too: the second condition asks
// that there are some.
func ownKeys() *map[string]any {
	return &map[string]any{
		"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []string{owner + "#*"}},
		"Null":                    map[string]any{"dynamodb:LeadingKeys": "false"},
	}
}

// objects are those of the documents whose keys match a pattern that begins with « */ », which stands for the collectivité.
func (d *deployment) objects(pattern string) string {
	below, ok := strings.CutPrefix(pattern, "*/")
	if !ok {
		panic(fmt.Sprintf("stack: the keys %q begin with no collectivité", pattern))
	}
	if d.CollectivityRoles {
		pattern = owner + "/" + below
	}
	return *d.files.ArnForObjects(&pattern)
}

func actionsOf(f wiring.Function, calls []wiring.Call) []string {
	var actions []string
	for _, c := range calls {
		action, known := tableActions[c]
		if !known {
			unknown(f, c)
		}
		actions = append(actions, action)
	}
	slices.Sort(actions)
	return actions
}

// fileRights are those of one call to the store of documents.
func (d *deployment) fileRights(f wiring.Function, call wiring.Call) []awsiam.PolicyStatement {
	own := d.objects("*/*")
	switch call {
	case wiring.Scan: // with the function's own role
		return nil
	case wiring.Read:
		// without the right to list, S3 answers 403 and not 404 for a file that is not there. The names that it could list
		// are identifiers
		return []awsiam.PolicyStatement{allow([]string{"s3:GetObject"}, own), allow([]string{"s3:ListBucket"}, *d.files.BucketArn())}
	case wiring.Create:
		// a long file goes in parts, which are thrown away when it is not finished
		return []awsiam.PolicyStatement{allow([]string{"s3:PutObject", "s3:AbortMultipartUpload"}, d.objects(cmp.Or(f.Creates, "*/*")))}
	case wiring.Delete:
		return []awsiam.PolicyStatement{allow([]string{"s3:DeleteObject"}, own)}
	case wiring.Upload:
		anywhere := slices.Contains(f.May[wiring.Store], wiring.Create) && f.Creates == ""
		if f.Forms == "" || anywhere { // its forms are signed with its own right to write
			panic(fmt.Sprintf("stack: where do the forms of %s write?", f.Name))
		}
		return []awsiam.PolicyStatement{
			allow([]string{"s3:PutObject"}, d.objects(f.Forms)), deny([]string{"s3:PutObject"}, *d.files.ArnForObjects(new(kept)), nil),
		}
	case wiring.Download:
		all := *d.files.ArnForObjects(new("*"))
		return []awsiam.PolicyStatement{allow([]string{"s3:GetObject"}, own), deny([]string{"s3:GetObject"}, all, infected())}
	}
	return unknown(f, call)
}

// sendRight is to send from our address through our configuration set, whose events tell what became of the mail.
func (d *deployment) sendRight() awsiam.PolicyStatement {
	s := allow([]string{"ses:SendEmail", "ses:SendRawEmail"}, d.mail.identityARN, d.mail.configurationSetARN)
	s.AddConditions(&map[string]any{"StringEquals": map[string]any{"ses:FromAddress": d.From}})
	return s
}

// unknown stops the making of a stack that would not let a function do what its row says.
func unknown(f wiring.Function, c wiring.Call) []awsiam.PolicyStatement {
	panic(fmt.Sprintf("stack: %s may %q, and nothing says what IAM calls that", f.Name, c))
}

func allow(actions []string, resources ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: texts(actions...), Resources: texts(resources...)})
}

func deny(actions []string, resource string, conditions map[string]any) awsiam.PolicyStatement {
	props := &awsiam.PolicyStatementProps{Effect: awsiam.Effect_DENY, Actions: texts(actions...), Resources: texts(resource)}
	if conditions != nil {
		props.Conditions = &conditions
	}
	return awsiam.NewPolicyStatement(props)
}
