package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"convoc/infra/wiring"
)

// recoveryDays is how far back a table can be restored to any second, and how long a replaced or deleted document is
// still there to go with it.
const recoveryDays = 35

// addTables makes the three tables: paid by request, because a collectivité sends a few times a month; encrypted with
// DynamoDB's own key, which is what it does when nothing is said, so that no call depends on KMS.
func (d *deployment) addTables() {
	for _, r := range wiring.Tables {
		d.tables[r] = d.table(r)
		if name, restored := d.Restored[r]; restored {
			d.tables[r] = awsdynamodb.Table_FromTableName(d.stack, new(id("restored", r)), new(name))
		}
	}
}

func (d *deployment) table(r wiring.Resource) awsdynamodb.Table {
	text := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: new(name), Type: awsdynamodb.AttributeType_STRING}
	}
	return awsdynamodb.NewTable(d.stack, new(id("table", r)), &awsdynamodb.TableProps{
		PartitionKey: text("pk"), SortKey: text("sk"),
		BillingMode: awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: new(true), RecoveryPeriodInDays: new(float64(recoveryDays)),
		},
		TimeToLiveAttribute: new("ttl"),
		DeletionProtection:  new(d.keeps()),
		RemovalPolicy:       d.removal(),
	})
}

// id makes a construct's name of a kind and of what it is for: « TableData ».
func id[T ~string](kind string, of T) string { return title(kind) + title(string(of)) }
