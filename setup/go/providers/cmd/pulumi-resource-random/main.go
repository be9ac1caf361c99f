// Command pulumi-resource-random serves the Terraform Random provider to Pulumi.
package main

import (
	"context"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// version is that of the @pulumi/random whose names and types the mapping follows.
const version = "4.21.2"

func mapping() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            pf.ShimProvider(shim.New()),
		Name:         "random",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata(nil),
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}))
	return info
}

func main() {
	// Programs bring their own types, so the schema says no more than the bridge asks for.
	schema := `{"name":"random","version":"` + version + `"}`
	pf.Main(context.Background(), "random", mapping(), pf.ProviderMetadata{PackageSchema: []byte(schema)})
}
