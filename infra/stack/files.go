package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"convoc/infra/wiring"
)

// proofYears is how long a proof cannot be deleted by anybody without a right that no function has: a contested
// deliberation may pass three courts.
const proofYears = 5

// addBuckets makes the three buckets.
func (d *deployment) addBuckets() {
	d.files = d.bucket("Files", &awss3.BucketProps{
		// what is deleted by mistake can come back with a table of the same day
		Versioned: new(true),
		Cors: &[]*awss3.CorsRule{{
			AllowedMethods: &[]awss3.HttpMethods{awss3.HttpMethods_GET, awss3.HttpMethods_POST}, // a draft's zip; uploads
			AllowedOrigins: &[]*string{new(d.origin())},
			AllowedHeaders: &[]*string{new("Content-Type")},
			MaxAge:         new(3600.0),
		}},
		LifecycleRules: &[]*awss3.LifecycleRule{abandoned(), {
			Id: new("forget-what-was-deleted"), ExpiredObjectDeleteMarker: new(true),
			NoncurrentVersionExpiration: awscdk.Duration_Days(new(float64(recoveryDays))),
		}},
	})
	// the construct's own switch makes a custom resource
	d.files.Node().DefaultChild().(awss3.CfnBucket).AddPropertyOverride(
		new("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)

	d.proofs = d.bucket("Proofs", &awss3.BucketProps{
		Versioned: new(true), ObjectLockEnabled: new(true),
		ObjectLockDefaultRetention: awss3.ObjectLockRetention_Governance(awscdk.Duration_Days(new(d.proofDays()))),
		LifecycleRules:             &[]*awss3.LifecycleRule{abandoned()},
	})
	d.pages = d.bucket("Pages", &awss3.BucketProps{LifecycleRules: &[]*awss3.LifecycleRule{abandoned()}})
}

func (d *deployment) proofDays() float64 {
	if d.keeps() {
		return proofYears * 365
	}
	return 1
}

// abandoned removes the parts of uploads that never ended: they cost and are not listed.
func abandoned() *awss3.LifecycleRule {
	return &awss3.LifecycleRule{
		Id: new("forget-abandoned-uploads"), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(new(1.0)),
	}
}

// bucket makes a private bucket. Its encryption is S3's own: a form that a browser posts would need a right on any
// other key. It has no access log: that would hold the signatures of links.
func (d *deployment) bucket(name string, props *awss3.BucketProps) awss3.Bucket {
	props.BlockPublicAccess = awss3.BlockPublicAccess_BLOCK_ALL()
	props.ObjectOwnership = awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED
	props.Encryption = awss3.BucketEncryption_S3_MANAGED
	props.EnforceSSL, props.MinimumTLSVersion = new(true), new(1.2)
	props.RemovalPolicy = d.removal()
	return awss3.NewBucket(d.stack, new(name), props)
}

// addUploadEvents tells the functions that wait for files what has arrived: the store's own event, through EventBridge,
// because the key is not escaped there and the rule keeps its dead letters. Files that the functions themselves
// write are told too: the copy of a document is looked at once more, the others are ignored.
func (d *deployment) addUploadEvents() {
	for _, f := range wiring.Functions {
		if f.Trigger != wiring.Files {
			continue
		}
		q := d.queues[f.Name]
		awsevents.NewRule(d.stack, new(id("stored", f.Name)), &awsevents.RuleProps{
			Description: new("a document has arrived in the store"),
			EventPattern: &awsevents.EventPattern{
				Source: &[]*string{new("aws.s3")}, DetailType: &[]*string{new("Object Created")},
				Detail: &map[string]any{"bucket": map[string]any{"name": []any{d.files.BucketName()}}},
			},
			Targets: &[]awsevents.IRuleTarget{awseventstargets.NewSqsQueue(q.bells, &awseventstargets.SqsQueueProps{
				DeadLetterQueue: q.dead,
			})},
		})
	}
}
