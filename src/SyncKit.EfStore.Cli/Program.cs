using SyncKit.EfStore.Cli;

return await Tool.RunAsync(args);
