using System.Collections.Generic;
using Pulumi;
using Pulumi.Openwebui;
using Pulumi.Openwebui.Inputs;

return await Pulumi.Deployment.RunAsync(() =>
{
    var config = new Config();

    var chat = new Pulumi.Openwebui.Deployment("chat", new DeploymentArgs
    {
        Webui = new WebUIArgs
        {
            Publish = new WebUIPublishArgs { Port = config.RequireInt32("port") },
            Admin = new WebUIAdminArgs { Email = "you@example.com" },
            Env = { ["WEBUI_NAME"] = config.Require("name") },
            SecretEnv = { ["OPENAI_API_KEY"] = config.RequireSecret("openaiKey") },
        },
    });

    return new Dictionary<string, object?>
    {
        ["url"] = chat.Url,
        ["adminEmail"] = chat.AdminEmail,
        ["adminPassword"] = chat.AdminPassword,
    };
});
