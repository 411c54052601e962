package dynamotable_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"convoc/infra/referee"
	"convoc/shared/table"
	"convoc/shared/table/dynamotable"
	"convoc/shared/table/memtable"
	"convoc/shared/table/tabletest"
)

var (
	endpoint = flag.String("endpoint", "", "a DynamoDB to hold the suite against, instead of the referees")
	region   = flag.String("region", "eu-west-3", "its region; credentials come from AWS_ACCESS_KEY_ID and its kin")
)

var serial atomic.Int64

// open makes a table at an endpoint, gone with the test.
func open(t *testing.T, endpoint string) *dynamotable.Table {
	t.Helper()
	client := dynamotable.Client(configuration(endpoint))
	name := fmt.Sprintf("convoc-test-%d-%d", os.Getpid(), serial.Add(1))
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("sk"), KeyType: types.KeyTypeRange},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	if err := dynamodb.NewTableExistsWaiter(client).Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &name}, time.Minute); err != nil {
		t.Fatal(err)
	}
	return dynamotable.Open(client, name)
}

// configuration of a client: the credentials of the environment, or any, which is enough for a referee.
func configuration(endpoint string) aws.Config {
	id, secret := cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "test"), cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "test")
	return aws.Config{
		Region: *region, BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, os.Getenv("AWS_SESSION_TOKEN")),
	}
}

func TestConformanceOnDynoxide(t *testing.T) {
	at := referee.Start(t, "dynoxide")
	shared := open(t, at)
	tabletest.Run(t, func(*testing.T) table.Table { return shared })
}

func TestSameAnswersAsMemory(t *testing.T) {
	tabletest.RunModel(t, open(t, referee.Start(t, "dynoxide")), memtable.New())
}

// A second opinion on what both know.
func TestConformanceOnDynalite(t *testing.T) {
	shared := open(t, referee.Start(t, "dynalite"))
	tabletest.Run(t, func(*testing.T) table.Table { return shared }, tabletest.Transactions, tabletest.OldItems)
}

// go test ./shared/table/dynamotable -args -endpoint https://dynamodb.eu-west-3.amazonaws.com
func TestConformanceElsewhere(t *testing.T) {
	if *endpoint == "" {
		t.Skip("no -endpoint")
	}
	shared := open(t, *endpoint)
	tabletest.Run(t, func(*testing.T) table.Table { return shared })
}
